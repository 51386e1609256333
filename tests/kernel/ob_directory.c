/* Directories and symbolic links in the namespace: making, opening, enumerating, following. */
#include "objects.h"

typedef struct _ENTRY { /* OBJECT_DIRECTORY_INFORMATION */
    UNICODE_STRING Name, TypeName;
} ENTRY;

/* Opening one path as a directory or a link: the status that the namespace documents. */
static const struct {
    PCWSTR Path;
    ULONG Attributes;
    NTSTATUS Status;
    const char *Why;
} OpenDirectory[] = {
    {L"\\", KERNEL_NAME, STATUS_SUCCESS, "the root"},
    {L"\\Device", KERNEL_NAME, STATUS_SUCCESS, "a directory"},
    {L"\\dEVICE", KERNEL_NAME, STATUS_SUCCESS, "case does not count"},
    {L"\\ObjectTypes", KERNEL_NAME, STATUS_SUCCESS, "types"},
    {L"\\??", KERNEL_NAME, STATUS_SUCCESS, "DOS devices"},
    {L"\\DosDevices", KERNEL_NAME, STATUS_SUCCESS, "their old name"},
    {L"\\GLOBAL??", KERNEL_NAME, STATUS_SUCCESS, "their real place"},
    {L"\\BaseNamedObjects", KERNEL_NAME, STATUS_SUCCESS, "named objects of programs"},
    {L"\\NoSuchThing", KERNEL_NAME, STATUS_OBJECT_NAME_NOT_FOUND, "last part missing"},
    {L"\\NoSuchThing\\X", KERNEL_NAME, STATUS_OBJECT_PATH_NOT_FOUND, "a part before it missing"},
    {L"Device", KERNEL_NAME, STATUS_OBJECT_PATH_SYNTAX_BAD, "no backslash in front"},
    {L"", KERNEL_NAME, STATUS_OBJECT_PATH_SYNTAX_BAD, "empty"},
    {L"\\Device\\\\X", KERNEL_NAME, STATUS_OBJECT_NAME_INVALID, "an empty part"},
    {L"\\ObjectTypes\\Directory", KERNEL_NAME, STATUS_OBJECT_TYPE_MISMATCH, "not a directory"},
    {L"\\ObjectTypes\\Type\\X", KERNEL_NAME, STATUS_OBJECT_TYPE_MISMATCH, "below something that is no directory"},
    {L"\\Device", 0x80000000, STATUS_INVALID_PARAMETER, "unknown attribute"},
};

static VOID test_open(VOID)
{
    for (ULONG i = 0; i < RTL_NUMBER_OF(OpenDirectory); i++) {
        HANDLE Handle = NULL;
        NAMED Named;
        NTSTATUS Status = ZwOpenDirectoryObject(&Handle, DIRECTORY_QUERY,
                                                named(&Named, OpenDirectory[i].Path, OpenDirectory[i].Attributes));

        is_status(Status, OpenDirectory[i].Status, "open '%ws': %s", OpenDirectory[i].Path, OpenDirectory[i].Why);
        if (NT_SUCCESS(Status))
            ZwClose(Handle);
    }
}

static VOID test_create(VOID)
{
    HANDLE Parent = make_directory(L"\\ObTest"), Child = NULL, Again = NULL;
    NAMED Named;

    is_status(ZwCreateDirectoryObject(&Again, DIRECTORY_ALL_ACCESS, named(&Named, L"\\obtest", KERNEL_NAME)),
              STATUS_OBJECT_NAME_COLLISION, "the name is taken");
    is_status(ZwCreateDirectoryObject(&Again, DIRECTORY_ALL_ACCESS, named(&Named, L"\\ObTest", KERNEL_NAME | OBJ_OPENIF)),
              STATUS_OBJECT_NAME_EXISTS, "OBJ_OPENIF opens it");
    ZwClose(Again);
    is_status(ZwCreateDirectoryObject(&Again, DIRECTORY_ALL_ACCESS,
                                      named(&Named, L"\\SystemRoot2\\X", KERNEL_NAME)),
              STATUS_OBJECT_PATH_NOT_FOUND, "no such parent");
    is_status(ZwCreateDirectoryObject(&Child, DIRECTORY_ALL_ACCESS, named_at(&Named, Parent, L"Child", KERNEL_NAME)),
              STATUS_SUCCESS, "relative to a handle");
    is_status(ZwOpenDirectoryObject(&Again, DIRECTORY_QUERY, named(&Named, L"\\ObTest\\Child", KERNEL_NAME)),
              STATUS_SUCCESS, "and found by its full name");
    ZwClose(Again);
    is_status(ZwOpenDirectoryObject(&Again, DIRECTORY_QUERY, named_at(&Named, Parent, L"\\Child", KERNEL_NAME)),
              STATUS_OBJECT_PATH_SYNTAX_BAD, "a relative name has no backslash in front");
    ZwClose(Parent);
    is_status(ZwOpenDirectoryObject(&Again, DIRECTORY_QUERY, named(&Named, L"\\ObTest", KERNEL_NAME)),
              STATUS_OBJECT_NAME_NOT_FOUND, "the last handle of a temporary object takes its name");
    ZwClose(Child);
}

static VOID test_permanent(VOID)
{
    HANDLE Handle;
    NAMED Named;

    is_status(ZwCreateDirectoryObject(&Handle, DIRECTORY_ALL_ACCESS,
                                      named(&Named, L"\\ObKept", KERNEL_NAME | OBJ_PERMANENT)),
              STATUS_SUCCESS, "a permanent directory");
    ZwClose(Handle);
    is_status(ZwOpenDirectoryObject(&Handle, DELETE, named(&Named, L"\\ObKept", KERNEL_NAME)), STATUS_SUCCESS,
              "it outlives its handle");
    is_status(ZwMakeTemporaryObject(Handle), STATUS_SUCCESS, "made temporary");
    ZwClose(Handle);
    is_status(ZwOpenDirectoryObject(&Handle, DELETE, named(&Named, L"\\ObKept", KERNEL_NAME)),
              STATUS_OBJECT_NAME_NOT_FOUND, "it goes with its handle");
}

static ULONG count_entries(HANDLE Directory, BOOLEAN Single, PULONG Calls)
{
    static ULONG64 Buffer[128];
    ULONG Context = 0, Length, Count = 0;
    NTSTATUS Status;

    *Calls = 0;
    do {
        ENTRY *Entry = (ENTRY *)Buffer;

        RtlFillMemory(Buffer, sizeof(Buffer), 0xA5);
        Status = ZwQueryDirectoryObject(Directory, Buffer, sizeof(Buffer), Single, *Calls == 0, &Context, &Length);
        if (!NT_SUCCESS(Status))
            break;
        ++*Calls;
        for (; Entry->Name.Buffer != NULL; Entry++)
            Count++;
    } while (*Calls < 100);
    is_status(Status, STATUS_NO_MORE_ENTRIES, "the end is told");
    is_ulong(Context, Count, "the context counts entries");
    return Count;
}

static VOID test_query(VOID)
{
    HANDLE Parent = make_directory(L"\\ObList"), Link[3] = {NULL};
    PCWSTR Names[] = {L"One", L"Two", L"Three"};
    ULONG64 Small[2];
    ULONG Context = 0, Length = 0, Calls;
    UNICODE_STRING Target = RTL_CONSTANT_STRING(L"\\Device");
    NAMED Named;

    is_ulong(count_entries(Parent, FALSE, &Calls), 0, "an empty directory");
    for (ULONG i = 0; i < 3; i++)
        is_status(ZwCreateSymbolicLinkObject(&Link[i], SYMBOLIC_LINK_ALL_ACCESS,
                                             named_at(&Named, Parent, Names[i], KERNEL_NAME), &Target),
                  STATUS_SUCCESS, "link %ws", Names[i]);
    is_ulong(count_entries(Parent, FALSE, &Calls), 3, "three entries");
    is_ulong(count_entries(Parent, TRUE, &Calls), 3, "three, one by one");
    is_ulong(Calls, 3, "in three calls");
    is_status(ZwQueryDirectoryObject(Parent, Small, sizeof(Small), TRUE, TRUE, &Context, &Length),
              STATUS_BUFFER_TOO_SMALL, "no room for one");
    ok(Length > sizeof(Small), "the room it takes is told");
    for (ULONG i = 0; i < 3; i++)
        ZwClose(Link[i]);
    is_ulong(count_entries(Parent, FALSE, &Calls), 0, "empty again");
    ZwClose(Parent);
}

static VOID test_links(VOID)
{
    HANDLE Directory = make_directory(L"\\ObLinks"), Link, Opened;
    UNICODE_STRING Target = RTL_CONSTANT_STRING(L"\\ObLinks"), Self = RTL_CONSTANT_STRING(L"\\ObLinks\\Self"), Read;
    WCHAR Text[16];
    ULONG Length = 0;
    NAMED Named;

    is_status(ZwCreateSymbolicLinkObject(&Link, SYMBOLIC_LINK_ALL_ACCESS, named(&Named, L"\\??\\ObHere", KERNEL_NAME),
                                         &Target),
              STATUS_SUCCESS, "a link in \\??");
    is_status(ZwOpenDirectoryObject(&Opened, DIRECTORY_QUERY, named(&Named, L"\\DosDevices\\obhere", KERNEL_NAME)),
              STATUS_SUCCESS, "is followed");
    ZwClose(Opened);
    is_status(ZwOpenSymbolicLinkObject(&Opened, SYMBOLIC_LINK_QUERY, named(&Named, L"\\GLOBAL??\\ObHere", KERNEL_NAME)),
              STATUS_SUCCESS, "opened itself");
    Read = (UNICODE_STRING){0, sizeof(Text), Text};
    is_status(ZwQuerySymbolicLinkObject(Opened, &Read, &Length), STATUS_SUCCESS, "queried");
    is_unicode(&Read, L"\\ObLinks", "its target");
    is_ulong(Length, sizeof(L"\\ObLinks"), "length with the terminator");
    Read = (UNICODE_STRING){0, 4, Text};
    is_status(ZwQuerySymbolicLinkObject(Opened, &Read, &Length), STATUS_BUFFER_TOO_SMALL, "a small buffer");
    is_ulong(Read.Length, 0, "nothing written");
    is_status(ZwQuerySymbolicLinkObject(Directory, &Read, &Length), STATUS_OBJECT_TYPE_MISMATCH, "not a link");
    ZwClose(Opened);
    ZwClose(Link);
    is_status(ZwCreateSymbolicLinkObject(&Link, SYMBOLIC_LINK_ALL_ACCESS, named(&Named, L"\\ObLinks\\Self", KERNEL_NAME),
                                         &Self),
              STATUS_SUCCESS, "a link to itself");
    ok(!NT_SUCCESS(ZwOpenDirectoryObject(&Opened, DIRECTORY_QUERY, named(&Named, L"\\ObLinks\\Self\\X", KERNEL_NAME))),
       "does not go on for ever");
    ZwClose(Link);
    Target.Length = 3;
    is_status(ZwCreateSymbolicLinkObject(&Link, SYMBOLIC_LINK_ALL_ACCESS, named(&Named, L"\\ObLinks\\Odd", KERNEL_NAME),
                                         &Target),
              STATUS_INVALID_PARAMETER, "half a character");
    ZwClose(Directory);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    leak_begin();
    test_open();
    test_create();
    test_permanent();
    test_query();
    test_links();
    leak_end();
    return done();
}
