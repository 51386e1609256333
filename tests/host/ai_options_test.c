/* The command lines of ai_driver's programs, the lines of aictl's scripts, the names of GPU counters. */
#include "../../drivers/ai_driver/agent/instance.h"
#include "../../drivers/ai_driver/agent/options.h"
#include "../../drivers/ai_driver/aictl/options.h"

#include "tap.h"

#include <stdlib.h>

#define WORDS 12

/* A copy of the line in exactly its bytes, so that the sanitizer sees a step behind it. */
static int split(const char *text, char **line, char **words)
{
    *line = malloc(strlen(text) + 1);
    strcpy(*line, text);
    return AictlSplitLine(*line, words, WORDS);
}

/* ---- aictl ---- */

static const struct {
    const char *line;
    bool in_script, good;
    AICTL_COMMAND command;
    const char *why; /* part of it */
} aictl_lines[] = {
    {"status", false, true, AICTL_STATUS, ""},
    {"--json status --adapter 15", false, true, AICTL_STATUS, ""},
    {"status --adapter 16", false, false, AICTL_STATUS, "'16' is not a value of --adapter"},
    {"status --adapter", false, false, AICTL_STATUS, "needs a value"},
    {"status --hold 5", false, false, AICTL_STATUS, "status has no option '--hold'"},
    {"status now", false, false, AICTL_STATUS, "one argument too many"},
    {"pool", true, true, AICTL_POOL, ""},
    {"--json pool", true, false, AICTL_NONE, "'--json' is not a command"},
    {"stats", false, true, AICTL_STATS, ""},
    {"path --adapter 3", false, true, AICTL_PATH, ""},
    {"alloc 64K --count 3 --hold 10 --keep", false, true, AICTL_ALLOC, ""},
    {"alloc --count 3 64K", false, true, AICTL_ALLOC, ""},
    {"alloc", false, false, AICTL_ALLOC, "alloc needs BYTES"},
    {"alloc 64KB", false, false, AICTL_ALLOC, "'64KB' is not a size"},
    {"alloc -1", false, false, AICTL_ALLOC, "'-1' is not a size"},
    {"alloc 1 --count 0", false, false, AICTL_ALLOC, "'0' is not a value of --count"},
    {"alloc 1 --count 65537", false, false, AICTL_ALLOC, "not a value"},
    {"free 0x10", false, true, AICTL_FREE, ""},
    {"free 0", false, false, AICTL_FREE, "'0' is not the id"},
    {"free 18446744073709551615", false, true, AICTL_FREE, ""},
    {"free 18446744073709551616", false, false, AICTL_FREE, "not the id"},
    {"boost self 1", false, true, AICTL_BOOST, ""},
    {"boost 44 0", false, true, AICTL_BOOST, ""},
    {"boost 44 3", false, false, AICTL_BOOST, "'3' is not an increment"},
    {"boost 4294967296 1", false, false, AICTL_BOOST, "not a thread"},
    {"boost 44", false, false, AICTL_BOOST, "boost needs THREAD INCREMENT"},
    {"watch --interval 50 --count 0", false, true, AICTL_WATCH, ""},
    {"watch --interval 0", false, false, AICTL_WATCH, "not a value"},
    {"bench --count 1", false, true, AICTL_BENCH, ""},
    {"script -", false, true, AICTL_SCRIPT, ""},
    {"script -", true, false, AICTL_SCRIPT, "a script runs no script"},
    {"script", false, false, AICTL_SCRIPT, "script needs FILE"},
    {"--frob status", false, false, AICTL_NONE, "aictl has no option '--frob'"},
    {"--json", false, false, AICTL_NONE, "which command?"},
    {"frob", false, false, AICTL_NONE, "'frob' is not a command"},
};

static void test_aictl_lines(void)
{
    for (size_t i = 0; i < sizeof(aictl_lines) / sizeof(aictl_lines[0]); i++) {
        char why[AICTL_WHY_BYTES], *line, *words[WORDS];
        int count = split(aictl_lines[i].line, &line, words);
        AICTL_OPTIONS options;
        bool good;

        memset(&options, 0xA5, sizeof(options));
        good = AictlParse(count, words, aictl_lines[i].in_script, &options, why);
        ok(good == aictl_lines[i].good && options.Command == aictl_lines[i].command &&
               strstr(why, aictl_lines[i].why) != NULL && (why[0] == '\0') == good,
           "aictl %s%s%s", aictl_lines[i].line, good ? "" : ": ", why);
        free(line);
    }
}

static void parse_good(const char *text, AICTL_OPTIONS *options)
{
    char why[AICTL_WHY_BYTES], *words[WORDS], *line;
    int count = split(text, &line, words);

    ok(AictlParse(count, words, false, options, why), "aictl %s", text);
    free(line);
}

static void test_aictl_values(void)
{
    AICTL_OPTIONS options;
    char why[AICTL_WHY_BYTES];

    parse_good("--json alloc 3m --count 7 --hold 250 --keep", &options);
    ok(options.Json && options.Keep && options.Bytes == 3 << 20 && options.Count == 7 &&
           options.HoldMs == 250,
       "each value is where it belongs");
    parse_good("alloc 1", &options);
    ok(!options.Json && !options.Keep && options.Count == 1 && options.HoldMs == 0,
       "alloc: one, at once");
    parse_good("watch", &options);
    ok(options.Count == 0 && options.IntervalMs == 1000 && !options.HasAdapter && !options.Help,
       "watch: for ever, each second");
    parse_good("status --adapter 2", &options);
    ok(options.HasAdapter && options.Adapter == 2, "an adapter");
    parse_good("boost 0x2c 2", &options);
    ok(options.ThreadId == 44 && options.Increment == 2 && !options.OwnThread, "a thread");
    parse_good("boost self 0", &options);
    ok(options.OwnThread && options.Increment == 0, "the own thread");
    parse_good("--help frob", &options);
    ok(options.Help, "help comes before errors");
    ok(!AictlParse(0, NULL, false, &options, why), "no words at all");
}

static void test_sizes(void)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t bytes;
    } sizes[] = {
        {"0", true, 0},
        {"4096", true, 4096},
        {"0x1000", true, 4096},
        {"1k", true, 1024},
        {"1K", true, 1024},
        {"2M", true, 2 << 20},
        {"16777215T", false, 0},
        {"17179869183G", true, 17179869183ull << 30},
        {"17179869184G", false, 0},
        {"", false, 0},
        {"K", false, 0},
        {"0x", false, 0},
        {"1KK", false, 0},
        {"1 K", false, 0},
        {"+1", false, 0},
        {"18446744073709551615", true, UINT64_MAX},
        {"99999999999999999999", false, 0},
    };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint64_t bytes = 0xA5;
        bool good = AictlParseBytes(sizes[i].text, &bytes);

        ok(good == sizes[i].good && (!good || bytes == sizes[i].bytes), "size '%s'", sizes[i].text);
    }
}

static void test_split(void)
{
    static const struct {
        const char *line;
        int words;
        const char *last;
    } lines[] = {
        {"", 0, NULL},
        {"  \t\r\n", 0, NULL},
        {"# alloc 1", 0, NULL},
        {" pool # all of it", 1, "pool"},
        {"alloc 1\r\n", 2, "1"},
        {"a b c d e f g h i j k l", 12, "l"},
        {"a b c d e f g h i j k l m", 13, NULL},
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char *line, *words[WORDS] = {NULL};
        int count = split(lines[i].line, &line, words);

        ok(count == lines[i].words &&
               (lines[i].last == NULL || strcmp(words[count - 1], lines[i].last) == 0),
           "line %zu of a script: %d words", i, lines[i].words);
        free(line);
    }
}

/* ---- the agent ---- */

static void test_agent(void)
{
    static const struct {
        const char *line;
        bool good;
        uint32_t rate_hz, seconds;
        AGENT_SOURCE source;
        const char *why;
    } lines[] = {
        {"", true, 10, 0, AGENT_AUTO, ""},
        {"--rate 100 --seconds 3 --source nvml", true, 100, 3, AGENT_NVML, ""},
        {"--source pdh --print --once", true, 10, 0, AGENT_PDH, ""},
        {"--service", true, 10, 0, AGENT_AUTO, ""},
        {"--rate 0", false, 0, 0, AGENT_AUTO, "'0' is not a rate"},
        {"--rate 101", false, 101, 0, AGENT_AUTO, "'101' is not a rate"},
        {"--rate 4294967297", false, 1, 0, AGENT_AUTO, "not a rate"},
        {"--rate 1x", false, 10, 0, AGENT_AUTO, "not a rate"},
        {"--rate", false, 10, 0, AGENT_AUTO, "needs a value"},
        {"--seconds -1", false, 10, 0, AGENT_AUTO, "not a number of seconds"},
        {"--source cuda", false, 10, 0, AGENT_AUTO, "'cuda' is not a source"},
        {"--frob", false, 10, 0, AGENT_AUTO, "there is no option '--frob'"},
        {"--service --once", false, 10, 0, AGENT_AUTO, "--service goes with no"},
        {"--once --seconds 2", false, 10, 2, AGENT_AUTO, "--once goes with no"},
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char why[AGENT_WHY_BYTES], *line, *words[WORDS];
        int count = split(lines[i].line, &line, words);
        AGENT_OPTIONS options;
        bool good;

        memset(&options, 0xA5, sizeof(options));
        good = AgentParse(count, words, &options, why);
        ok(good == lines[i].good && strstr(why, lines[i].why) != NULL && (why[0] == '\0') == good,
           "ai_gpu_agent %s", lines[i].line);
        if (good)
            ok(options.RateHz == lines[i].rate_hz && options.Seconds == lines[i].seconds &&
                   options.Source == lines[i].source && !options.Help,
               "its values");
        free(line);
    }
}

static void test_instances(void)
{
    static const struct {
        const char *name;
        bool good, has_engine;
        uint32_t high, low, engine;
    } names[] = {
        {"pid_1234_luid_0x00000000_0x0000C5B1_phys_0_eng_3_engtype_3D", true, true, 0, 0xC5B1, 3},
        {"pid_4_luid_0xffffffff_0x0000C5B1_phys_1_eng_12_engtype_Copy", true, true, UINT32_MAX,
         0xC5B1, 12},
        {"luid_0x00000001_0x0000C5B1_phys_0", true, false, 1, 0xC5B1, 0},
        {"luid_0x00000000_0x0000C5B1_phys_0_part_0", false, false, 0, 0, 0},
        {"luid_0x100000000_0x0000C5B1_phys_0", false, false, 0, 0, 0},
        {"pid__luid_0x0_0x1_phys_0", false, false, 0, 0, 0},
        {"pid_99999999999_luid_0x0_0x1_phys_0", false, false, 0, 0, 0},
        {"luid_0x_0x1_phys_0", false, false, 0, 0, 0},
        {"luid_0x0_0x1_phys_0_eng_", false, false, 0, 0, 0},
        {"_Total", false, false, 0, 0, 0},
        {"", false, false, 0, 0, 0},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        AGENT_INSTANCE instance;
        bool good;

        memset(&instance, 0xA5, sizeof(instance));
        good = AgentParseInstance(names[i].name, &instance);
        ok(good == names[i].good, "counter '%s'", names[i].name);
        if (good)
            ok(instance.LuidHigh == names[i].high && instance.LuidLow == names[i].low &&
                   instance.HasEngine == names[i].has_engine && instance.Engine == names[i].engine,
               "its adapter and engine");
    }
}

int main(void)
{
    test_aictl_lines();
    test_aictl_values();
    test_sizes();
    test_split();
    test_agent();
    test_instances();
    return done_testing();
}
