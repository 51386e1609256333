/* KMDF 1.15: objects: parents and children, contexts, references, the order of callbacks, wrong attributes. */
#include "tap.h"
#include <wdf.h>

typedef struct _NAME_CONTEXT {
    char Name;
} NAME_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(NAME_CONTEXT, GetName)

typedef struct _SECOND_CONTEXT {
    ULONG64 Value[3];
} SECOND_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(SECOND_CONTEXT, GetSecond)

/* What was called, in order: a lower-case letter for a cleanup, upper-case for a destruction. */
static char Log[64];
static ULONG LogLength;

static VOID LogLetter(char Letter)
{
    if (LogLength < sizeof(Log) - 1)
        Log[LogLength++] = Letter;
    Log[LogLength] = '\0';
}

static VOID LogClear(VOID)
{
    LogLength = 0;
    Log[0] = '\0';
}

static VOID LogIs(const char *Expected, const char *What)
{
    ok(strcmp(Log, Expected) == 0, "%s: \"%s\", expected \"%s\"", What, Log, Expected);
    LogClear();
}

static EVT_WDF_OBJECT_CONTEXT_CLEANUP EvtCleanup;
static VOID NTAPI EvtCleanup(WDFOBJECT Object)
{
    LogLetter(GetName(Object)->Name);
}

static EVT_WDF_OBJECT_CONTEXT_DESTROY EvtDestroy;
static VOID NTAPI EvtDestroy(WDFOBJECT Object)
{
    LogLetter((char)(GetName(Object)->Name - 'a' + 'A'));
}

static WDFOBJECT Make(char Name, WDFOBJECT Parent)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFOBJECT Object = NULL;

    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, NAME_CONTEXT);
    Attributes.EvtCleanupCallback = EvtCleanup;
    Attributes.EvtDestroyCallback = EvtDestroy;
    Attributes.ParentObject = Parent;
    if (is_status(WdfObjectCreate(&Attributes, &Object), STATUS_SUCCESS, "an object"))
        GetName(Object)->Name = Name;
    return Object;
}

static VOID TestOrder(VOID)
{
    WDFOBJECT A = Make('a', NULL), B = Make('b', A), C = Make('c', B);

    Make('d', A);
    WdfObjectDelete(A);
    LogIs("cbCdaBDA", "children are cleaned up before their parent and gone after that");

    A = Make('a', NULL);
    B = Make('b', A);
    C = Make('c', A);
    WdfObjectReference(B);
    WdfObjectDelete(A);
    LogIs("bcaCA", "a referenced child is cleaned up but not destroyed");
    ok(GetName(B)->Name == 'b', "its context is still there");
    WdfObjectDereference(B);
    LogIs("B", "its last reference destroys it");

    A = Make('a', NULL);
    B = Make('b', A);
    WdfObjectDelete(B);
    LogIs("bB", "a child may go first");
    WdfObjectDelete(A);
    LogIs("aA", "and its parent later");
    UNREFERENCED_PARAMETER(C);
}

static WDFOBJECT Victim;

static EVT_WDF_OBJECT_CONTEXT_CLEANUP EvtDeleteVictim;
static VOID NTAPI EvtDeleteVictim(WDFOBJECT Object)
{
    LogLetter(GetName(Object)->Name);
    WdfObjectDelete(Victim);
    ok(GetName(Victim)->Name == 'b', "its context is still there");
}

/* Public drivers do it: the child is on its way already, so this changes nothing. */
static VOID TestDeleteInCleanup(VOID)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFOBJECT Parent = NULL;

    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, NAME_CONTEXT);
    Attributes.EvtCleanupCallback = EvtDeleteVictim;
    if (!is_status(WdfObjectCreate(&Attributes, &Parent), STATUS_SUCCESS, "a parent"))
        return;
    GetName(Parent)->Name = 'p';
    Victim = Make('b', Parent);
    WdfObjectDelete(Parent);
    LogIs("bpB", "a parent's cleanup deletes its child");
}

static VOID TestContexts(VOID)
{
    WDFOBJECT A = Make('a', NULL);
    WDF_OBJECT_ATTRIBUTES Attributes;
    PVOID Second = NULL, Again = NULL;

    ok(WdfObjectContextGetObject(GetName(A)) == A, "the object of a context");
    ok(GetSecond(A) == NULL, "no second context yet");
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, SECOND_CONTEXT);
    is_status(WdfObjectAllocateContext(A, &Attributes, &Second), STATUS_SUCCESS, "a second context");
    ok(Second != NULL && Second == GetSecond(A), "found by its type");
    is_ulong64(GetSecond(A)->Value[2], 0, "and zeroed");
    is_ulong64((ULONG_PTR)Second % 16, 0, "and aligned");
    is_status(WdfObjectAllocateContext(A, &Attributes, &Again), STATUS_OBJECT_NAME_EXISTS, "the same type again");
    ok(Again == Second, "gives the context that is there");
    ok(GetName(A)->Name == 'a', "the first is untouched");
    Attributes.ParentObject = A;
    is_status(WdfObjectAllocateContext(A, &Attributes, &Again), STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED,
              "a context has no parent");
    WdfObjectDelete(A);
    LogIs("aA", "deleted with both");
}

static VOID TestBadAttributes(VOID)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFOBJECT Object;
    WDFSPINLOCK Lock;

    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.Size--;
    is_status(WdfObjectCreate(&Attributes, &Object), STATUS_INFO_LENGTH_MISMATCH, "a wrong size");
    ok(Object == NULL, "no handle then");
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ContextSizeOverride = 8;
    is_status(WdfObjectCreate(&Attributes, &Object), STATUS_WDF_OBJECT_ATTRIBUTES_INVALID,
              "a context size without a type");
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, SECOND_CONTEXT);
    Attributes.ContextSizeOverride = sizeof(SECOND_CONTEXT) - 1;
    is_status(WdfObjectCreate(&Attributes, &Object), STATUS_WDF_OBJECT_ATTRIBUTES_INVALID,
              "a context size below the type's");
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ExecutionLevel = (WDF_EXECUTION_LEVEL)9;
    is_status(WdfObjectCreate(&Attributes, &Object), STATUS_WDF_OBJECT_ATTRIBUTES_INVALID, "an execution level of 9");
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ExecutionLevel = WdfExecutionLevelPassive;
    is_status(WdfSpinLockCreate(&Attributes, &Lock), STATUS_WDF_EXECUTION_LEVEL_INVALID,
              "an execution level for a spin lock");
}

static VOID TestDeleteAtDispatch(VOID)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFOBJECT A = Make('a', NULL), B = Make('b', A);
    WDFWAITLOCK Lock;
    KIRQL Irql;

    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = B;
    is_status(WdfWaitLockCreate(&Attributes, &Lock), STATUS_SUCCESS, "a wait lock below it");
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    WdfObjectDelete(A);
    KeLowerIrql(Irql);
    LogIs("baBA", "deleted at DISPATCH_LEVEL");
}

static VOID TestMemory(VOID)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFMEMORY Memory, Other;
    UCHAR Own[16], Out[16];
    PVOID Buffer;
    size_t Size;

    is_status(WdfMemoryCreate(NULL, NonPagedPoolNx, 'tset', 0, &Memory, &Buffer), STATUS_INVALID_PARAMETER, "no bytes");
    is_status(WdfMemoryCreate(NULL, NonPagedPoolNx, 'tset', 100, &Memory, &Buffer), STATUS_SUCCESS, "memory");
    ok(WdfMemoryGetBuffer(Memory, &Size) == Buffer, "its buffer");
    is_ulong64(Size, 100, "its size");
    memset(Own, 0x5A, sizeof(Own));
    is_status(WdfMemoryCopyFromBuffer(Memory, 84, Own, sizeof(Own)), STATUS_SUCCESS, "copied to its end");
    is_status(WdfMemoryCopyFromBuffer(Memory, 85, Own, sizeof(Own)), STATUS_BUFFER_TOO_SMALL, "not past it");
    is_status(WdfMemoryCopyFromBuffer(Memory, (size_t)-4, Own, sizeof(Own)), STATUS_BUFFER_TOO_SMALL,
              "nor round the end of the address space");
    is_status(WdfMemoryCopyToBuffer(Memory, 84, Out, sizeof(Out)), STATUS_SUCCESS, "copied back");
    ok(memcmp(Out, Own, sizeof(Out)) == 0, "the same bytes");
    is_status(WdfMemoryAssignBuffer(Memory, Own, sizeof(Own)), STATUS_INVALID_DEVICE_REQUEST,
              "its own buffer cannot be replaced");
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = Memory;
    is_status(WdfMemoryCreatePreallocated(&Attributes, Own, sizeof(Own), &Other), STATUS_SUCCESS, "around a buffer");
    is_status(WdfMemoryAssignBuffer(Other, Out, 8), STATUS_SUCCESS, "which can be replaced");
    ok(WdfMemoryGetBuffer(Other, &Size) == Out && Size == 8, "and is");
    WdfObjectDelete(Memory);
}

static VOID TestLookaside(VOID)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFLOOKASIDE List;
    WDFMEMORY Memory;
    size_t Size = 0;

    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, SECOND_CONTEXT);
    is_status(WdfLookasideListCreate(NULL, 0, NonPagedPoolNx, &Attributes, 'tset', &List), STATUS_INVALID_PARAMETER,
              "a list of no bytes");
    is_status(WdfLookasideListCreate(NULL, 200, NonPagedPoolNx, &Attributes, 'tset', &List), STATUS_SUCCESS, "a list");
    is_status(WdfMemoryCreateFromLookaside(List, &Memory), STATUS_SUCCESS, "memory of it");
    ok(WdfMemoryGetBuffer(Memory, &Size) != NULL && Size == 200, "its size");
    ok(GetSecond(Memory) != NULL, "its context");
    WdfObjectDelete(List);
    memset(WdfMemoryGetBuffer(Memory, NULL), 0xFF, 200);
    WdfObjectDelete(Memory);
    ok(TRUE, "memory outlives its list");
}

static VOID TestStringsAndCollections(VOID)
{
    DECLARE_CONST_UNICODE_STRING(Text, L"Yokohama");
    UNICODE_STRING Value;
    WDFCOLLECTION Collection;
    WDFSTRING String, Empty;

    is_status(WdfStringCreate(&Text, NULL, &String), STATUS_SUCCESS, "a string");
    WdfStringGetUnicodeString(String, &Value);
    ok(RtlEqualUnicodeString(&Value, &Text, FALSE) && Value.Buffer != Text.Buffer, "a copy of the text");
    is_status(WdfStringCreate(NULL, NULL, &Empty), STATUS_SUCCESS, "an empty one");
    WdfStringGetUnicodeString(Empty, &Value);
    is_ulong(Value.Length, 0, "has no length");

    is_status(WdfCollectionCreate(NULL, &Collection), STATUS_SUCCESS, "a collection");
    ok(WdfCollectionGetFirstItem(Collection) == NULL && WdfCollectionGetLastItem(Collection) == NULL, "is empty");
    is_status(WdfCollectionAdd(Collection, String), STATUS_SUCCESS, "the string in it");
    is_status(WdfCollectionAdd(Collection, Empty), STATUS_SUCCESS, "and the empty one");
    is_status(WdfCollectionAdd(Collection, String), STATUS_SUCCESS, "and the string again");
    is_ulong(WdfCollectionGetCount(Collection), 3, "three items");
    ok(WdfCollectionGetItem(Collection, 1) == Empty && WdfCollectionGetItem(Collection, 3) == NULL, "by index");
    WdfObjectDelete(String);
    ok(WdfCollectionGetLastItem(Collection) == String, "a deleted object stays in it");
    WdfCollectionRemove(Collection, String);
    ok(WdfCollectionGetFirstItem(Collection) == Empty, "the first of two is removed");
    WdfCollectionRemoveItem(Collection, 0);
    is_ulong(WdfCollectionGetCount(Collection), 1, "one item left");
    WdfObjectDelete(Collection);
    WdfObjectDelete(Empty);
}

static VOID TestLocks(VOID)
{
    WDFSPINLOCK Spin;
    WDFWAITLOCK Wait;
    LONGLONG NoTime = 0;

    is_status(WdfSpinLockCreate(NULL, &Spin), STATUS_SUCCESS, "a spin lock");
    WdfSpinLockAcquire(Spin);
    is_ulong(KeGetCurrentIrql(), DISPATCH_LEVEL, "raises");
    WdfSpinLockRelease(Spin);
    is_ulong(KeGetCurrentIrql(), PASSIVE_LEVEL, "and lowers");
    is_status(WdfWaitLockCreate(NULL, &Wait), STATUS_SUCCESS, "a wait lock");
    is_status(WdfWaitLockAcquire(Wait, &NoTime), STATUS_SUCCESS, "taken without a wait");
    ok(KeAreApcsDisabled(), "in a critical region");
    WdfWaitLockRelease(Wait);
    ok(!KeAreApcsDisabled(), "left with the release");
    is_status(WdfWaitLockAcquire(Wait, NULL), STATUS_SUCCESS, "taken again");
    WdfWaitLockRelease(Wait);
    WdfObjectDelete(Spin);
    WdfObjectDelete(Wait);
}

static VOID TestRegistry(WDFDRIVER Driver)
{
    DECLARE_CONST_UNICODE_STRING(NumberName, L"Number");
    DECLARE_CONST_UNICODE_STRING(TextName, L"Text");
    DECLARE_CONST_UNICODE_STRING(ListName, L"List");
    DECLARE_CONST_UNICODE_STRING(SubName, L"Sub");
    DECLARE_CONST_UNICODE_STRING(Text, L"four");
    DECLARE_UNICODE_STRING_SIZE(Small, 2);
    DECLARE_UNICODE_STRING_SIZE(Big, 20);
    WDFCOLLECTION Collection, Read;
    WDFKEY Key, Sub;
    WDFMEMORY Memory;
    WDFSTRING String;
    USHORT Bytes = 0;
    ULONG Value = 0, Length = 0, Type = 0, Disposition = 0;
    UCHAR Two[2], Read6[6];
    WDFMEMORY_OFFSET Part = { 2, 3 };
    PUCHAR Bits;
    size_t Size = 0;

    is_status(WdfDriverOpenParametersRegistryKey(Driver, KEY_ALL_ACCESS, NULL, &Key), STATUS_SUCCESS, "Parameters");
    is_status(WdfRegistryQueryULong(Key, &NumberName, &Value), STATUS_OBJECT_NAME_NOT_FOUND, "no value yet");
    is_status(WdfRegistryAssignULong(Key, &NumberName, 4711), STATUS_SUCCESS, "a number");
    is_status(WdfRegistryQueryULong(Key, &NumberName, &Value), STATUS_SUCCESS, "read");
    is_ulong(Value, 4711, "the same");
    is_status(WdfRegistryQueryValue(Key, &NumberName, 2, Two, &Length, &Type), STATUS_BUFFER_OVERFLOW, "into two bytes");
    ok(Length == 4 && Type == REG_DWORD, "length and type");
    is_status(WdfRegistryAssignUnicodeString(Key, &TextName, &Text), STATUS_SUCCESS, "a text");
    is_status(WdfRegistryQueryULong(Key, &TextName, &Value), STATUS_OBJECT_TYPE_MISMATCH, "is no number");
    is_status(WdfRegistryQueryUnicodeString(Key, &TextName, &Bytes, &Small), STATUS_BUFFER_OVERFLOW, "a short buffer");
    is_ulong(Bytes, 10, "the bytes it takes");
    is_status(WdfRegistryQueryUnicodeString(Key, &TextName, NULL, &Big), STATUS_SUCCESS, "a long one");
    ok(RtlEqualUnicodeString(&Big, &Text, FALSE), "the text");
    is_status(WdfRegistryQueryMemory(Key, &TextName, PagedPool, NULL, &Memory, &Type), STATUS_SUCCESS, "as memory");
    ok(WdfMemoryGetBuffer(Memory, &Size) != NULL && Size == 10 && Type == REG_SZ, "of its size");
    WdfObjectDelete(Memory);

    WdfCollectionCreate(NULL, &Collection);
    WdfCollectionCreate(NULL, &Read);
    WdfStringCreate(&Text, NULL, &String);
    WdfCollectionAdd(Collection, String);
    WdfCollectionAdd(Collection, String);
    is_status(WdfRegistryAssignMultiString(Key, &ListName, Collection), STATUS_SUCCESS, "a list of strings");
    is_status(WdfRegistryQueryMultiString(Key, &ListName, NULL, Read), STATUS_SUCCESS, "read");
    is_ulong(WdfCollectionGetCount(Read), 2, "two strings");
    WdfObjectDelete(Read);
    WdfObjectDelete(Collection);
    WdfObjectDelete(String);

    WdfStringCreate(NULL, NULL, &String);
    is_status(WdfRegistryQueryString(Key, &TextName, String), STATUS_SUCCESS, "the text into a string object");
    is_status(WdfRegistryAssignString(Key, &SubName, String), STATUS_SUCCESS, "and into another value");
    is_status(WdfRegistryQueryUnicodeString(Key, &SubName, NULL, &Big), STATUS_SUCCESS, "read again");
    ok(RtlEqualUnicodeString(&Big, &Text, FALSE), "the same");
    is_status(WdfRegistryQueryString(Key, &NumberName, String), STATUS_OBJECT_TYPE_MISMATCH, "a number is no string");
    WdfObjectDelete(String);
    is_status(WdfMemoryCreate(NULL, PagedPool, 'tset', 6, &Memory, (PVOID *)&Bits), STATUS_SUCCESS, "six bytes");
    RtlCopyMemory(Bits, "abcdef", 6);
    is_status(WdfRegistryAssignMemory(Key, &SubName, REG_BINARY, Memory, &Part), STATUS_SUCCESS, "three of them");
    is_status(WdfRegistryQueryValue(Key, &SubName, sizeof(Read6), Read6, &Length, &Type), STATUS_SUCCESS, "read");
    ok(Length == 3 && Type == REG_BINARY && memcmp(Read6, "cde", 3) == 0, "those three");
    Part.BufferLength = 5;
    is_status(WdfRegistryAssignMemory(Key, &SubName, REG_BINARY, Memory, &Part), STATUS_INVALID_BUFFER_SIZE,
              "more than there are");
    WdfObjectDelete(Memory);
    is_status(WdfRegistryAssignValue(Key, &SubName, REG_BINARY, 2, "xy"), STATUS_SUCCESS, "two bytes");
    is_status(WdfRegistryQueryValue(Key, &SubName, sizeof(Read6), Read6, &Length, NULL), STATUS_SUCCESS, "read");
    ok(Length == 2 && Read6[0] == 'x', "those two");
    is_status(WdfRegistryRemoveValue(Key, &SubName), STATUS_SUCCESS, "removed");

    is_status(WdfRegistryCreateKey(Key, &SubName, KEY_ALL_ACCESS, REG_OPTION_VOLATILE, &Disposition, NULL, &Sub),
              STATUS_SUCCESS, "a key below");
    is_ulong(Disposition, REG_CREATED_NEW_KEY, "is new");
    ok(WdfRegistryWdmGetHandle(Sub) != NULL, "has a handle");
    is_status(WdfRegistryRemoveKey(Sub), STATUS_SUCCESS, "removed");
    is_status(WdfRegistryOpenKey(Key, &SubName, KEY_READ, NULL, &Sub), STATUS_OBJECT_NAME_NOT_FOUND, "and gone");
    is_status(WdfRegistryRemoveValue(Key, &NumberName), STATUS_SUCCESS, "a value removed");
    is_status(WdfRegistryRemoveValue(Key, &NumberName), STATUS_OBJECT_NAME_NOT_FOUND, "only once");
    WdfRegistryClose(Key);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG Config;
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFDRIVER Driver = NULL;
    WDFSTRING Version;
    UNICODE_STRING Text;

    tap_begin(DriverObject);
    WDF_DRIVER_CONFIG_INIT(&Config, NULL);
    Config.DriverInitFlags = WdfDriverInitNonPnpDriver;
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = (WDFOBJECT)1;
    is_status(WdfDriverCreate(DriverObject, RegistryPath, &Attributes, &Config, &Driver),
              STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED, "a driver has no parent");
    if (!is_status(WdfDriverCreate(DriverObject, RegistryPath, NULL, &Config, &Driver), STATUS_SUCCESS, "a driver"))
        return done();
    is_status(WdfDriverCreate(DriverObject, RegistryPath, NULL, &Config, NULL), STATUS_DRIVER_INTERNAL_ERROR,
              "one driver is enough");
    TestOrder();
    TestDeleteInCleanup();
    TestContexts();
    TestBadAttributes();
    TestDeleteAtDispatch();
    TestMemory();
    TestLookaside();
    TestStringsAndCollections();
    TestLocks();
    TestRegistry(Driver);
    is_status(WdfStringCreate(NULL, NULL, &Version), STATUS_SUCCESS, "a string for the version");
    is_status(WdfDriverRetrieveVersionString(Driver, Version), STATUS_SUCCESS, "the version");
    WdfStringGetUnicodeString(Version, &Text);
    ok(Text.Length != 0, "%wZ", &Text);
    Make('x', NULL); /* left to the driver's deletion */
    done();
    return STATUS_SUCCESS;
}
