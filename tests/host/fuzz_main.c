/*
 * Runs a fuzz target on inputs that are the same every time: NAME [COUNT [SEED]] makes COUNT random
 * ones, NAME FILE... runs files that a fuzzer kept. Prints TAP; a target that finds something
 * aborts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static uint8_t input[65536];

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void run_random(unsigned count, uint64_t seed)
{
    uint64_t state = seed * 0x9E3779B97F4A7C15ull + 1;

    for (unsigned i = 0; i < count; i++) {
        size_t size = next_random(&state) % 1024;
        for (size_t at = 0; at < size; at++)
            input[at] = (uint8_t)(next_random(&state) >> 24);
        LLVMFuzzerTestOneInput(input, size);
    }
    printf("ok 1 - %u random inputs, seed %llu\n1..1\n", count, (unsigned long long)seed);
}

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t size;

    if (file == NULL) {
        perror(path);
        return 1;
    }
    size = fread(input, 1, sizeof(input), file);
    fclose(file);
    LLVMFuzzerTestOneInput(input, size);
    printf("%s: no finding\n", path);
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0;

    if (argc == 1 || strspn(argv[1], "0123456789") == strlen(argv[1])) {
        run_random(argc > 1 ? (unsigned)atoi(argv[1]) : 300,
                   argc > 2 ? strtoull(argv[2], NULL, 10) : 1);
        return 0;
    }
    for (int i = 1; i < argc; i++)
        failed |= run_file(argv[i]);
    return failed;
}
