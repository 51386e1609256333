/* The GPUs of a machine: the option's words, simulated figures, questions that no machine should ask. */
#include "gpu/gpu.h"
#include "tap.h"

#define SECOND 10000000ull

static void test_words(void)
{
    static const struct {
        const char *text;
        bool good;
        enum gpu_mode mode;
        uint32_t count;
    } words[] = {
        {"none", true, GPU_NONE, 1},
        {"host", true, GPU_HOST, 1},
        {"simulated", true, GPU_SIMULATED, 1},
        {"simulated:1", true, GPU_SIMULATED, 1},
        {"simulated:8", true, GPU_SIMULATED, 8},
        {"simulated:0", false, 0, 0},
        {"simulated:9", false, 0, 0},
        {"simulated:", false, 0, 0},
        {"simulated:11", false, 0, 0},
        {"simulated8", false, 0, 0},
        {"Host", false, 0, 0},
        {"", false, 0, 0},
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        enum gpu_mode mode;
        uint32_t count;
        bool good = gpu_parse(words[i].text, &mode, &count);

        ok(good == words[i].good && (!good || (mode == words[i].mode && count == words[i].count)),
           "--gpu '%s'", words[i].text);
    }
}

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Any index at any time: an answer in its bounds, with nothing of the question's bytes in it. */
static void test_any_question(void)
{
    uint64_t state = 88172645463325252ull;
    unsigned wrong = 0, found = 0;
    struct gpus gpus;

    gpu_init(&gpus, GPU_SIMULATED, 8, 5);
    for (int i = 0; i < 200000; i++) {
        uint32_t index = (uint32_t)next(&state) >> next(&state) % 32;
        uint64_t time = next(&state) >> next(&state) % 64;
        HAL_GPU_INFO info;

        memset(&info, 0xA5, sizeof(info));
        info.index = index;
        gpu_query(&gpus, &info, time);
        wrong += info.index != index || info.count != 8 ||
                 info.status != (index < 8 ? 0 : 0x8000001A) || info.gpu_percent > 100 ||
                 info.memory_percent > 100 || info.memory_used_bytes > info.memory_total_bytes ||
                 info.celsius > 78 || memchr(info.name, 0xA5, sizeof(info.name)) != NULL ||
                 memchr(info.name, 0, sizeof(info.name)) == NULL;
        found += info.status == 0;
    }
    is(wrong, 0, "200000 questions: each answer is in its bounds");
    ok(found > 10000 && found < 190000, "some of them found an adapter");
    gpu_fini(&gpus);
}

static HAL_GPU_INFO ask(uint64_t seed, uint32_t index, uint64_t time)
{
    HAL_GPU_INFO info = {.index = index};
    struct gpus gpus;

    gpu_init(&gpus, GPU_SIMULATED, 8, seed);
    gpu_query(&gpus, &info, time);
    gpu_fini(&gpus);
    return info;
}

static bool same(const HAL_GPU_INFO *a, const HAL_GPU_INFO *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static void test_figures(void)
{
    HAL_GPU_INFO one = ask(1, 0, 7 * SECOND), again = ask(1, 0, 7 * SECOND);
    HAL_GPU_INFO seed = ask(2, 0, 7 * SECOND), other = ask(1, 1, 7 * SECOND);
    uint32_t least = 100, most = 0, steepest = 0;

    ok(same(&one, &again), "the same seed, index and time: the same figures");
    ok(!same(&one, &seed), "another seed: others");
    ok(one.gpu_percent != other.gpu_percent && one.pci_bus != other.pci_bus,
       "another adapter: others");
    ok(one.flags == HAL_GPU_SIMULATED && strstr(one.name, "(simulated)") != NULL,
       "flag and name say that they are simulated");
    for (uint64_t tick = 1; tick < 6000; tick++) {
        HAL_GPU_INFO before = ask(1, 0, (tick - 1) * SECOND / 10),
                     now = ask(1, 0, tick * SECOND / 10);
        uint32_t step = now.gpu_percent > before.gpu_percent ? now.gpu_percent - before.gpu_percent
                                                             : before.gpu_percent - now.gpu_percent;

        least = now.gpu_percent < least ? now.gpu_percent : least;
        most = now.gpu_percent > most ? now.gpu_percent : most;
        steepest = step > steepest ? step : steepest;
    }
    ok(least < 10 && most > 90, "in ten minutes it is idle and busy");
    ok(steepest <= 11, "and goes from one to the other in steps");
}

static void test_none(void)
{
    HAL_GPU_INFO info = {.index = 0};
    struct gpus gpus;

    gpu_init(&gpus, GPU_NONE, 1, 1);
    gpu_query(&gpus, &info, 0);
    ok(info.count == 0 && info.status == 0x8000001A, "none: no adapter");
    gpu_fini(&gpus);
}

int main(void)
{
    test_words();
    test_any_question();
    test_figures();
    test_none();
    return done_testing();
}
