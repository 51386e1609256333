/*
 * __finally, nested exceptions and collided unwinds: in what order the handlers run, what
 * AbnormalTermination says, and which exception wins.
 */
#include "tap.h"
#include "unwind.h"

/*
 * Raises, unknown to the compiler: clang takes a termination handler that cannot return for the end
 * of everything and leaves out the handlers round it.
 */
static VOID raise_status(NTSTATUS Status)
{
    RtlRaiseStatus(Status);
}

static VOID (*volatile raise)(NTSTATUS Status) = raise_status;

/* A string of what happened, in order. */
static struct {
    char Text[64];
    ULONG Length;
} Trace;

static VOID trace_begin(VOID)
{
    RtlZeroMemory(&Trace, sizeof(Trace));
}

static NOINLINE VOID trace(char Step)
{
    if (Trace.Length + 1 < sizeof(Trace.Text))
        Trace.Text[Trace.Length++] = Step;
}

static LONG trace_filter(char Step, LONG Answer)
{
    trace(Step);
    return Answer;
}

/* ---- __finally ---- */

static VOID test_normal(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    trace_begin();
    __try {
        trace('1');
    } __finally {
        trace(AbnormalTermination() ? 'a' : 'n');
    }
    trace('2');
    is_string(Trace.Text, "1n2", "a body that ends by itself");
}

static NOINLINE ULONG return_from_body(VOID)
{
    __try {
        trace('1');
        return 7;
    } __finally {
        trace('f');
    }
    return 8;
}

static VOID test_return(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    trace_begin();
    is_ulong(return_from_body(), 7, "return out of a body gives its value");
    is_string(Trace.Text, "1f", "after the termination handler");
}

static VOID test_leave(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    trace_begin();
    __try {
        trace('1');
        if (Trace.Length == 1)
            __leave;
        trace('x');
    } __finally {
        trace(AbnormalTermination() ? 'a' : 'n');
    }
    is_string(Trace.Text, "1n", "__leave ends the body normally");
}

/* Filters of all frames run first, then the termination handlers from the inside out, then the
 * handler. */
static VOID test_order(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    trace_begin();
    __try {
        __try {
            __try {
                trace('1');
                raise(STATUS_UNSUCCESSFUL);
            } __finally {
                trace(AbnormalTermination() ? 'a' : 'n');
            }
        } __finally {
            trace(AbnormalTermination() ? 'b' : 'n');
        }
    } __except (trace_filter('F', EXCEPTION_EXECUTE_HANDLER)) {
        trace('H');
    }
    is_string(Trace.Text, "1FabH", "filter, termination handlers from the inside out, handler");
}

static NOINLINE VOID frame_with_finally(ULONG Depth)
{
    __try {
        if (Depth == 0)
            raise(STATUS_UNSUCCESSFUL);
        frame_with_finally(Depth - 1);
    } __finally {
        trace((char)('0' + Depth));
    }
}

static VOID test_frames(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    trace_begin();
    __try {
        frame_with_finally(5);
    } __except (trace_filter('F', EXCEPTION_EXECUTE_HANDLER)) {
        trace('H');
    }
    is_string(Trace.Text, "F012345H", "the termination handlers of six frames");
}

/* A termination handler sees and changes the locals of its function. */
static VOID test_locals(PVOID Context)
{
    volatile ULONG Sum = 1;

    UNREFERENCED_PARAMETER(Context);
    __try {
        __try {
            Sum += 10;
            raise(STATUS_UNSUCCESSFUL);
        } __finally {
            Sum += 100;
        }
    } __except (Sum == 11 ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
        Sum += 1000;
    }
    is_ulong(Sum, 1111, "filter, termination handler and handler share the function's locals");
}

/* ---- exceptions inside handlers ---- */

static VOID test_raise_in_handler(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    trace_begin();
    __try {
        __try {
            raise(STATUS_UNSUCCESSFUL);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            trace('1');
            raise(STATUS_CANCELLED);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        is_status(GetExceptionCode(), STATUS_CANCELLED,
                  "an exception in a handler goes to the outer one");
    }
    is_string(Trace.Text, "1", "the inner handler ran once");
}

static LONG raising_filter(VOID)
{
    trace('f');
    __try {
        raise(STATUS_CANCELLED);
    } __except (trace_filter('g', EXCEPTION_EXECUTE_HANDLER)) {
        trace('h');
    }
    return EXCEPTION_EXECUTE_HANDLER;
}

static VOID test_try_in_filter(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    trace_begin();
    __try {
        raise(STATUS_UNSUCCESSFUL);
    } __except (raising_filter()) {
        is_status(GetExceptionCode(), STATUS_UNSUCCESSFUL,
                  "a filter may catch an exception of its own");
        trace('H');
    }
    is_string(Trace.Text, "fghH", "and goes on");
}

/* The filter of Inner raises and does not catch: a nested exception, offered to all frames anew. */
static LONG nested_filter(PEXCEPTION_POINTERS Pointers, volatile ULONG *Flags)
{
    if (Pointers->ExceptionRecord->ExceptionCode == STATUS_CANCELLED) {
        *Flags = Pointers->ExceptionRecord->ExceptionFlags;
        return trace_filter('n', EXCEPTION_CONTINUE_SEARCH);
    }
    trace('f');
    raise(STATUS_CANCELLED);
    return EXCEPTION_CONTINUE_SEARCH;
}

static VOID test_nested(PVOID Context)
{
    volatile ULONG Flags = 0;

    UNREFERENCED_PARAMETER(Context);
    trace_begin();
    __try {
        __try {
            raise(STATUS_UNSUCCESSFUL);
        } __except (nested_filter(GetExceptionInformation(), &Flags)) {
            trace('x');
        }
    } __except (trace_filter('F', EXCEPTION_EXECUTE_HANDLER)) {
        is_status(GetExceptionCode(), STATUS_CANCELLED, "the exception of a filter wins");
    }
    is_string(Trace.Text, "fnF", "the filter that raised is asked about its own exception too");
    ok(Flags & 0x10, "it sees EXCEPTION_NESTED_CALL");
}

/* ---- collided unwinds ---- */

/* The second exception comes out of a termination handler: it takes over, and no handler runs
 * twice. */
static NOINLINE VOID collide(VOID)
{
    __try {
        __try {
            __try {
                raise(STATUS_UNSUCCESSFUL);
            } __finally {
                trace('a');
                raise(STATUS_CANCELLED);
            }
        } __finally {
            trace('b');
        }
    } __finally {
        trace('c');
    }
}

static VOID test_collided(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    trace_begin();
    __try {
        collide();
    } __except (trace_filter(GetExceptionCode() == STATUS_CANCELLED ? 'C' : 'U',
                             EXCEPTION_EXECUTE_HANDLER)) {
        is_status(GetExceptionCode(), STATUS_CANCELLED,
                  "the exception of a termination handler wins");
        trace('H');
    }
    is_string(Trace.Text, "UaCbcH", "each termination handler ran once");
}

/* The inner function takes the second exception: the first unwind is given up half way. */
static NOINLINE VOID collide_inside(VOID)
{
    __try {
        __try {
            raise(STATUS_UNSUCCESSFUL);
        } __finally {
            trace('a');
            raise(STATUS_CANCELLED);
        }
    } __except (GetExceptionCode() == STATUS_CANCELLED ? EXCEPTION_EXECUTE_HANDLER
                                                       : EXCEPTION_CONTINUE_SEARCH) {
        trace('i');
    }
}

static VOID test_abandoned(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    trace_begin();
    __try {
        __try {
            collide_inside();
            trace('r');
        } __finally {
            trace(AbnormalTermination() ? 'b' : 'n');
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        trace('H');
    }
    is_string(Trace.Text, "airn", "an exception caught on the way gives the first unwind up");
}

/* Three in a row, through frames of their own. (Each leaves its dispatch on the stack, some 5 KiB,
 * here and on NT.) */
static NOINLINE VOID collide_frame(ULONG Depth)
{
    __try {
        if (Depth == 0)
            raise(STATUS_UNSUCCESSFUL);
        collide_frame(Depth - 1);
    } __finally {
        trace((char)('0' + Depth));
        raise((NTSTATUS)(0xE0000000 + Depth));
    }
}

static VOID test_collided_frames(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    trace_begin();
    __try {
        collide_frame(2);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        is_status(GetExceptionCode(), 0xE0000002, "the last of four exceptions wins");
    }
    is_string(Trace.Text, "012", "each termination handler ran once");
}

/* A termination handler that has a whole exception of its own inside. */
static VOID test_try_in_finally(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    trace_begin();
    __try {
        __try {
            raise(STATUS_UNSUCCESSFUL);
        } __finally {
            __try {
                raise(STATUS_CANCELLED);
            } __except (EXCEPTION_EXECUTE_HANDLER) {
                trace('i');
            }
            trace('f');
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        is_status(GetExceptionCode(), STATUS_UNSUCCESSFUL, "the first exception goes on");
        trace('H');
    }
    is_string(Trace.Text, "ifH", "after the one inside the termination handler");
}

static const TAP_CASE Cases[] = {
    { "normal end", test_normal, TAP_ALL_LEVELS },
    { "return", test_return, TAP_ALL_LEVELS },
    { "__leave", test_leave, TAP_ALL_LEVELS },
    { "order", test_order, TAP_ALL_LEVELS },
    { "frames", test_frames, TAP_ALL_LEVELS },
    { "locals", test_locals, TAP_ALL_LEVELS },
    { "an exception in a handler", test_raise_in_handler, TAP_ALL_LEVELS },
    { "an exception caught in a filter", test_try_in_filter, TAP_ALL_LEVELS },
    { "an exception in a filter", test_nested, TAP_ALL_LEVELS },
    { "an exception in a termination handler", test_collided, TAP_ALL_LEVELS },
    { "an unwind given up", test_abandoned, TAP_ALL_LEVELS },
    { "collisions in each frame", test_collided_frames, TAP_ALL_LEVELS },
    { "an exception caught in a termination handler", test_try_in_finally, TAP_ALL_LEVELS },
};

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    TAP_RUN_TABLE(Cases, NULL);
    return done();
}
