/* A fault that nobody handles: ends with the exception's code and one message. */
int main(void)
{
    *(volatile int *)0x10 = 1;
    return 0;
}
