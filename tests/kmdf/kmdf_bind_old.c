/* KMDF 1.9: binding as before 1.15: the table is copied into the driver. */
#include "kmdf_bind.c"
