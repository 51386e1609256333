/* See drives.h. */
#include "cli/drives.h"

#include <errno.h>
#include <string.h>

int drives_take(const struct cli_verb *verb, struct run_options *options, const char *word)
{
    char letter = (char)(word[0] & ~0x20);

    if (letter < 'A' || letter > 'Z' || word[1] != ':' || word[2] != '=' || word[3] == '\0')
        return cli_usage_error(verb, "--drive takes a letter and a folder, Z:=DIR, not '%s'", word);
    if (letter == 'C')
        return cli_usage_error(verb, "--drive: C: is the machine's own disk");
    for (unsigned i = 0; i < options->drive_count; i++)
        if (options->drive[i].letter == letter)
            return cli_usage_error(verb, "--drive: %c: is given twice", letter);
    if (options->drive_count == RUN_DRIVE_LIMIT)
        return cli_usage_error(verb, "more than %u drives", RUN_DRIVE_LIMIT);
    options->drive[options->drive_count++] = (struct run_drive){letter, word + 3};
    return EXIT_FINE;
}

int drives_open(const struct run_options *options, broker *broker)
{
    for (unsigned i = 0; i < options->drive_count; i++) {
        const struct run_drive *drive = &options->drive[i];
        int error = broker_add_drive(broker, drive->letter, drive->path);

        if (error == 0)
            continue;
        cli_message("--drive %c:=%s: %s", drive->letter, drive->path, strerror(-error));
        return EXIT_USAGE;
    }
    return EXIT_FINE;
}
