/* How long it takes to set a value: 10,000 of them under 100 names, then under 10,000 names of one
 * key, each the best of three. */
#include <windows.h>

#include <stdio.h>

#define COUNT 10000u

/* Microseconds for each of COUNT values. */
static double set_values(HKEY key, unsigned names)
{
    LARGE_INTEGER frequency, start, end;
    char name[32];

    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&start);
    for (DWORD i = 0; i < COUNT; i++) {
        sprintf(name, "value %u", (unsigned)(i % names));
        if (RegSetValueExA(key, name, 0, REG_DWORD, (BYTE *)&i, sizeof(i)) != 0)
            return -1;
    }
    QueryPerformanceCounter(&end);
    return (double)(end.QuadPart - start.QuadPart) * 1e6 / (double)frequency.QuadPart / COUNT;
}

static void measure(const char *figure, unsigned names)
{
    double best = 1e9;
    HKEY key;

    for (int i = 0; i < 3; i++) {
        double each;

        RegDeleteTreeA(HKEY_LOCAL_MACHINE, "Software\\Bench");
        if (RegCreateKeyA(HKEY_LOCAL_MACHINE, "Software\\Bench", &key) != 0)
            return;
        each = set_values(key, names);
        best = each < best ? each : best;
        RegCloseKey(key);
    }
    printf("%s\t%.2f\tus\n", figure, best);
}

int main(int argc, char **argv)
{
    const char *prefix = argc > 1 ? argv[1] : "reg";
    char figure[64];

    snprintf(figure, sizeof(figure), "%s_set_value_us", prefix);
    measure(figure, 100);
    snprintf(figure, sizeof(figure), "%s_set_value_many_us", prefix);
    measure(figure, COUNT);
    return 0;
}
