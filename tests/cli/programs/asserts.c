/* An assertion that does not hold. */
#undef NDEBUG
#include <assert.h>

int main(int argc, char **argv)
{
    (void)argv;
    assert(argc == 4711);
    return 0;
}
