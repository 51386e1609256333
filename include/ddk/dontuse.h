/* <dontuse.h> marks unsafe C library routines for Microsoft's analysers; there is nothing to mark here. */
#pragma once
