/* Uses a null pointer, in user mode: the program's fault, not the driver's. */
int main(void)
{
    *(volatile int *)0 = 1;
    return 0;
}
