/* Short (8.3) names, and the size of a file as a file system driver asks for it. */
#include "tap.h"

static const struct {
    PCSTR Name;
    BOOLEAN Wild, Path, Slash, Legal;
} Fat[] = {
    {"README.TXT", FALSE, FALSE, FALSE, TRUE}, {"ABCDEFGH.IJK", FALSE, FALSE, FALSE, TRUE},
    {"ABCDEFGHI.JK", FALSE, FALSE, FALSE, FALSE}, {"A.JKLM", FALSE, FALSE, FALSE, FALSE},
    {"A.B.C", FALSE, FALSE, FALSE, FALSE}, {"A.", FALSE, FALSE, FALSE, FALSE}, {".A", FALSE, FALSE, FALSE, FALSE},
    {".", FALSE, FALSE, FALSE, TRUE}, {"..", FALSE, FALSE, FALSE, TRUE}, {"...", FALSE, FALSE, FALSE, FALSE},
    {"A+B", FALSE, FALSE, FALSE, FALSE}, {"A*.?", FALSE, FALSE, FALSE, FALSE}, {"A*.?", TRUE, FALSE, FALSE, TRUE},
    {"A\\B", FALSE, FALSE, FALSE, FALSE}, {"A\\B.C", FALSE, TRUE, FALSE, TRUE}, {"A\\\\B", FALSE, TRUE, FALSE, FALSE},
    {"\\A", FALSE, TRUE, FALSE, FALSE}, {"\\A", FALSE, FALSE, TRUE, TRUE}, {"\\", FALSE, FALSE, TRUE, TRUE},
    {"", FALSE, FALSE, FALSE, FALSE}, {"A ", FALSE, FALSE, FALSE, FALSE}, {"A B", FALSE, FALSE, FALSE, TRUE},
};

static const struct {
    PCWSTR Name;
    BOOLEAN Legal, Spaces;
} Dos[] = {
    {L"readme.txt", TRUE, FALSE}, {L"a b.c", TRUE, TRUE}, {L"a long name.txt", FALSE, FALSE}, {L"x.html", FALSE, FALSE},
    {L"a;b", FALSE, FALSE},
};

static VOID legal(VOID)
{
    for (ULONG i = 0; i < RTL_NUMBER_OF(Fat); i++) {
        ANSI_STRING Name;

        RtlInitAnsiString(&Name, Fat[i].Name);
        is_bool(FsRtlIsFatDbcsLegal(Name, Fat[i].Wild, Fat[i].Path, Fat[i].Slash), Fat[i].Legal, "\"%s\"", Fat[i].Name);
    }
    for (ULONG i = 0; i < RTL_NUMBER_OF(Dos); i++) {
        UNICODE_STRING Name;
        BOOLEAN Spaces = 0xA5;

        RtlInitUnicodeString(&Name, Dos[i].Name);
        is_bool(RtlIsNameLegalDOS8Dot3(&Name, NULL, &Spaces), Dos[i].Legal, "\"%ws\"", Dos[i].Name);
        if (Dos[i].Legal)
            is_bool(Spaces, Dos[i].Spaces, "its spaces");
    }
}

static VOID oem(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"Small.c");
    CHAR Text[12];
    OEM_STRING Oem = {0, sizeof(Text), Text};

    ok(RtlIsNameLegalDOS8Dot3(&Name, &Oem, NULL), "with a buffer");
    is_ulong(Oem.Length, 7, "its length");
    is_bytes(Oem.Buffer, "SMALL.C", 7, "upper case");
}

/* The first name, and that each is short, legal and new. */
static VOID generate(PCWSTR Long, PCWSTR First)
{
    UNICODE_STRING Name, Short, Previous;
    GENERATE_NAME_CONTEXT Context;
    WCHAR Text[2][12];
    ULONG Good = 0;

    RtlZeroMemory(&Context, sizeof(Context));
    RtlInitUnicodeString(&Name, Long);
    Previous.Length = 0;
    for (ULONG i = 0; i < 12; i++) {
        Short.Buffer = Text[i & 1];
        Short.Length = 0;
        Short.MaximumLength = sizeof(Text[0]);
        RtlGenerate8dot3Name(&Name, FALSE, &Context, &Short);
        if (i == 0)
            is_unicode(&Short, First, "the first short name of \"%ws\"", Long);
        Good += RtlIsNameLegalDOS8Dot3(&Short, NULL, NULL) &&
                (i == 0 || !RtlEqualUnicodeString(&Short, &Previous, FALSE));
        Previous = Short;
    }
    is_ulong(Good, 12, "twelve names, all short and each unlike the last");
}

static VOID file_size(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\SystemRoot\\size.txt"), Folder = RTL_CONSTANT_STRING(L"\\SystemRoot");
    OBJECT_ATTRIBUTES Attributes;
    LARGE_INTEGER Size = {.QuadPart = -1}, Start = {.QuadPart = 0};
    IO_STATUS_BLOCK IoStatus;
    PFILE_OBJECT Object;
    HANDLE File;

    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    ZwCreateFile(&File, FILE_WRITE_DATA | DELETE | SYNCHRONIZE, &Attributes, &IoStatus, NULL, 0, 0, FILE_SUPERSEDE,
                 FILE_SYNCHRONOUS_IO_NONALERT | FILE_DELETE_ON_CLOSE, NULL, 0);
    ZwWriteFile(File, NULL, NULL, NULL, &IoStatus, "seven!!", 7, &Start, NULL);
    ObReferenceObjectByHandle(File, 0, *IoFileObjectType, KernelMode, (PVOID *)&Object, NULL);
    is_status(FsRtlGetFileSize(Object, &Size), STATUS_SUCCESS, "a file's size");
    is_long(Size.QuadPart, 7, "seven bytes");
    ObDereferenceObject(Object);
    ZwClose(File);
    InitializeObjectAttributes(&Attributes, &Folder, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    ZwOpenFile(&File, FILE_READ_ATTRIBUTES | SYNCHRONIZE, &Attributes, &IoStatus, FILE_SHARE_READ | FILE_SHARE_WRITE,
               FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT);
    ObReferenceObjectByHandle(File, 0, *IoFileObjectType, KernelMode, (PVOID *)&Object, NULL);
    is_status(FsRtlGetFileSize(Object, &Size), STATUS_FILE_IS_A_DIRECTORY, "a folder has none");
    ObDereferenceObject(Object);
    ZwClose(File);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    legal();
    oem();
    generate(L"A long file name.text", L"ALONGF~1.TEX");
    generate(L"..hidden", L"HIDDEN~1");
    generate(L"a+b[c].d;e", L"A_B_C_~1.D_E");
    generate(L"x.y.z", L"XY~1.Z");
    file_size();
    return done();
}
