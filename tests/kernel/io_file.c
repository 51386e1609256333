/* Files on C: through the system services: dispositions, reading and writing, positions, sizes,
 * sharing, renaming, deletion, information classes, directory lists. */
#include "tap.h"

static UNICODE_STRING FilePath = RTL_CONSTANT_STRING(L"\\??\\C:\\io_file_test\\One.txt");

static NTSTATUS open_path(PCWSTR Path, ACCESS_MASK Access, ULONG Share, ULONG Disposition,
                          ULONG Options, PHANDLE Handle, PULONG_PTR Action)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb = { { 0 }, 0 };
    UNICODE_STRING Name;
    NTSTATUS Status;

    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL,
                               NULL);
    Status =
        ZwCreateFile(Handle, Access | SYNCHRONIZE, &Attributes, &Iosb, NULL, FILE_ATTRIBUTE_NORMAL,
                     Share, Disposition, Options | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
    if (Action != NULL)
        *Action = Iosb.Information;
    return Status;
}

#define DIRECTORY L"\\??\\C:\\io_file_test"
#define ONE L"\\??\\C:\\io_file_test\\One.txt"
#define TWO L"\\??\\C:\\io_file_test\\two.dat"

static VOID test_dispositions(VOID)
{
    HANDLE Handle;
    ULONG_PTR Action;

    is_status(open_path(DIRECTORY, FILE_LIST_DIRECTORY, 3, FILE_CREATE, FILE_DIRECTORY_FILE,
                        &Handle, &Action),
              STATUS_SUCCESS, "create a directory");
    is_ulong64(Action, FILE_CREATED, "created");
    ZwClose(Handle);
    is_status(open_path(DIRECTORY, FILE_LIST_DIRECTORY, 3, FILE_CREATE, FILE_DIRECTORY_FILE,
                        &Handle, &Action),
              STATUS_OBJECT_NAME_COLLISION, "it exists");
    is_status(
        open_path(DIRECTORY, GENERIC_READ, 3, FILE_OPEN, FILE_NON_DIRECTORY_FILE, &Handle, &Action),
        STATUS_FILE_IS_A_DIRECTORY, "it is no file");
    is_status(open_path(ONE, GENERIC_READ, 3, FILE_OPEN, 0, &Handle, &Action),
              STATUS_OBJECT_NAME_NOT_FOUND, "no such file");
    is_status(open_path(L"\\??\\C:\\io_file_test\\no\\x", GENERIC_READ, 3, FILE_OPEN, 0, &Handle,
                        &Action),
              STATUS_OBJECT_PATH_NOT_FOUND, "no such directory");
    is_status(
        open_path(L"\\??\\C:\\io_file_test\\a*b", GENERIC_READ, 3, FILE_OPEN, 0, &Handle, &Action),
        STATUS_OBJECT_NAME_INVALID, "a wildcard is no name");
    is_status(open_path(ONE, GENERIC_WRITE, 3, FILE_OVERWRITE, 0, &Handle, &Action),
              STATUS_OBJECT_NAME_NOT_FOUND, "FILE_OVERWRITE makes no file");
    is_status(open_path(ONE, GENERIC_WRITE, 3, FILE_OPEN_IF, 0, &Handle, &Action), STATUS_SUCCESS,
              "FILE_OPEN_IF");
    is_ulong64(Action, FILE_CREATED, "makes it");
    ZwClose(Handle);
    is_status(open_path(L"\\??\\c:\\IO_FILE_TEST\\ONE.TXT", GENERIC_WRITE, 3, FILE_OPEN_IF, 0,
                        &Handle, &Action),
              STATUS_SUCCESS, "again, in capitals");
    is_ulong64(Action, FILE_OPENED, "opens it");
    ZwClose(Handle);
    is_status(open_path(ONE, GENERIC_WRITE, 3, FILE_OVERWRITE_IF, 0, &Handle, &Action),
              STATUS_SUCCESS, "FILE_OVERWRITE_IF");
    is_ulong64(Action, FILE_OVERWRITTEN, "overwrites it");
    ZwClose(Handle);
    is_status(open_path(ONE, GENERIC_READ, 3, FILE_OPEN, FILE_DIRECTORY_FILE, &Handle, &Action),
              STATUS_NOT_A_DIRECTORY, "it is no directory");
    is_status(open_path(L"\\??\\C:\\\\io_file_test\\One.txt", GENERIC_READ, 3, FILE_OPEN, 0,
                        &Handle, &Action),
              STATUS_SUCCESS, "the first backslash may be double");
    ZwClose(Handle);
    is_status(open_path(L"\\??\\C:\\\\\\io_file_test\\One.txt", GENERIC_READ, 3, FILE_OPEN, 0,
                        &Handle, &Action),
              STATUS_OBJECT_NAME_INVALID, "but not more");
    is_status(open_path(L"\\??\\C:\\io_file_test\\\\One.txt", GENERIC_READ, 3, FILE_OPEN, 0,
                        &Handle, &Action),
              STATUS_OBJECT_NAME_INVALID, "nor a later one");
}

static VOID test_data(VOID)
{
    static UCHAR Big[200000];
    HANDLE Handle;
    IO_STATUS_BLOCK Iosb;
    LARGE_INTEGER Offset;
    UCHAR Buffer[16];
    FILE_POSITION_INFORMATION Position;
    FILE_END_OF_FILE_INFORMATION End;
    FILE_STANDARD_INFORMATION Standard;
    ULONG i;

    is_status(open_path(ONE, GENERIC_READ | GENERIC_WRITE, 3, FILE_OPEN, 0, &Handle, NULL),
              STATUS_SUCCESS, "open");
    is_status(ZwWriteFile(Handle, NULL, NULL, NULL, &Iosb, "hello ", 6, NULL, NULL), STATUS_SUCCESS,
              "write");
    is_ulong64(Iosb.Information, 6, "six bytes");
    is_status(ZwWriteFile(Handle, NULL, NULL, NULL, &Iosb, "world", 5, NULL, NULL), STATUS_SUCCESS,
              "on from there");
    is_status(
        ZwQueryInformationFile(Handle, &Iosb, &Position, sizeof(Position), FilePositionInformation),
        STATUS_SUCCESS, "query the position");
    is_ulong64(Position.CurrentByteOffset.QuadPart, 11, "position");
    Offset.QuadPart = 6;
    tap_fill(&Buffer);
    is_status(ZwReadFile(Handle, NULL, NULL, NULL, &Iosb, Buffer, sizeof(Buffer), &Offset, NULL),
              STATUS_SUCCESS, "read at an offset");
    is_ulong64(Iosb.Information, 5, "what there is");
    is_bytes(Buffer, "world", 5, "its bytes");
    is_status(ZwReadFile(Handle, NULL, NULL, NULL, &Iosb, Buffer, sizeof(Buffer), NULL, NULL),
              STATUS_END_OF_FILE, "at the end");
    Position.CurrentByteOffset.QuadPart = 0;
    is_status(
        ZwSetInformationFile(Handle, &Iosb, &Position, sizeof(Position), FilePositionInformation),
        STATUS_SUCCESS, "set the position");
    is_status(ZwReadFile(Handle, NULL, NULL, NULL, &Iosb, Buffer, 5, NULL, NULL), STATUS_SUCCESS,
              "read from there");
    is_bytes(Buffer, "hello", 5, "the beginning");
    Offset.HighPart = -1;
    Offset.LowPart = FILE_WRITE_TO_END_OF_FILE;
    is_status(ZwWriteFile(Handle, NULL, NULL, NULL, &Iosb, "!", 1, &Offset, NULL), STATUS_SUCCESS,
              "append");
    is_status(
        ZwQueryInformationFile(Handle, &Iosb, &Standard, sizeof(Standard), FileStandardInformation),
        STATUS_SUCCESS, "query the size");
    is_ulong64(Standard.EndOfFile.QuadPart, 12, "twelve bytes");
    is_bool(Standard.Directory, FALSE, "no directory");
    End.EndOfFile.QuadPart = 3;
    is_status(ZwSetInformationFile(Handle, &Iosb, &End, sizeof(End), FileEndOfFileInformation),
              STATUS_SUCCESS, "truncate");
    is_status(ZwFlushBuffersFile(Handle, &Iosb), STATUS_SUCCESS, "flush");
    for (i = 0; i < sizeof(Big); i++)
        Big[i] = (UCHAR)(i * 7 + i / 256);
    Offset.QuadPart = 3;
    is_status(ZwWriteFile(Handle, NULL, NULL, NULL, &Iosb, Big, sizeof(Big), &Offset, NULL),
              STATUS_SUCCESS, "more than one chunk");
    is_ulong64(Iosb.Information, sizeof(Big), "all of it");
    RtlZeroMemory(Big, sizeof(Big));
    ZwReadFile(Handle, NULL, NULL, NULL, &Iosb, Big, sizeof(Big), &Offset, NULL);
    for (i = 0; i < sizeof(Big) && Big[i] == (UCHAR)(i * 7 + i / 256); i++)
        ;
    is_ulong(i, sizeof(Big), "comes back the same");
    ZwClose(Handle);
}

static VOID test_sharing(VOID)
{
    HANDLE First, Second;

    is_status(open_path(ONE, GENERIC_READ, FILE_SHARE_READ, FILE_OPEN, 0, &First, NULL),
              STATUS_SUCCESS, "a reader that lets others read");
    is_status(open_path(ONE, GENERIC_READ, FILE_SHARE_READ, FILE_OPEN, 0, &Second, NULL),
              STATUS_SUCCESS, "a second reader");
    ZwClose(Second);
    is_status(open_path(ONE, GENERIC_WRITE, FILE_SHARE_READ, FILE_OPEN, 0, &Second, NULL),
              STATUS_SHARING_VIOLATION, "a writer");
    is_status(open_path(ONE, GENERIC_WRITE, FILE_SHARE_READ, FILE_OVERWRITE_IF, 0, &Second, NULL),
              STATUS_SHARING_VIOLATION, "nor one that overwrites");
    is_status(open_path(ONE, GENERIC_READ, 0, FILE_OPEN, 0, &Second, NULL),
              STATUS_SHARING_VIOLATION, "one that shares nothing");
    ZwClose(First);
    is_status(open_path(ONE, GENERIC_WRITE, 0, FILE_OPEN, 0, &Second, NULL), STATUS_SUCCESS,
              "alone");
    ZwClose(Second);
}

static VOID test_information(VOID)
{
    UCHAR Buffer[512];
    PFILE_ALL_INFORMATION All = (PVOID)Buffer;
    PFILE_NAME_INFORMATION Name = (PVOID)Buffer;
    FILE_BASIC_INFORMATION Basic;
    FILE_NETWORK_OPEN_INFORMATION Network;
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    HANDLE Handle;

    is_status(open_path(ONE, GENERIC_READ | FILE_WRITE_ATTRIBUTES, 3, FILE_OPEN, 0, &Handle, NULL),
              STATUS_SUCCESS, "open");
    tap_fill(&Buffer);
    is_status(ZwQueryInformationFile(Handle, &Iosb, Name, sizeof(Buffer), FileNameInformation),
              STATUS_SUCCESS, "FileNameInformation");
    is_ulong(Name->FileNameLength, 21 * sizeof(WCHAR), "length");
    is_bytes(Name->FileName, L"\\io_file_test\\One.txt", 21 * sizeof(WCHAR),
             "from the volume's root");
    is_status(ZwQueryInformationFile(Handle, &Iosb, Name, 16, FileNameInformation),
              STATUS_BUFFER_OVERFLOW, "as much as fits");
    is_status(ZwQueryInformationFile(Handle, &Iosb, Name, 2, FileNameInformation),
              STATUS_INFO_LENGTH_MISMATCH, "too small for the fixed part");
    is_status(ZwQueryInformationFile(Handle, &Iosb, Name, sizeof(Buffer), 9999),
              STATUS_INVALID_INFO_CLASS, "no such class");
    is_status(ZwQueryInformationFile(Handle, &Iosb, All, sizeof(Buffer), FileAllInformation),
              STATUS_SUCCESS, "FileAllInformation");
    ok(All->AccessInformation.AccessFlags & FILE_READ_DATA, "access");
    is_hex(All->ModeInformation.Mode, FILE_SYNCHRONOUS_IO_NONALERT, "mode");
    RtlZeroMemory(&Basic, sizeof(Basic));
    Basic.LastWriteTime.QuadPart = 130000000000000000;
    is_status(ZwSetInformationFile(Handle, &Iosb, &Basic, sizeof(Basic), FileBasicInformation),
              STATUS_SUCCESS, "set a time");
    is_status(ZwQueryInformationFile(Handle, &Iosb, &Basic, sizeof(Basic), FileBasicInformation),
              STATUS_SUCCESS, "FileBasicInformation");
    is_ulong64(Basic.LastWriteTime.QuadPart, 130000000000000000, "the time");
    ok(Basic.FileAttributes != 0, "attributes are never 0");
    ZwClose(Handle);
    InitializeObjectAttributes(&Attributes, &FilePath, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               NULL, NULL);
    is_status(ZwQueryFullAttributesFile(&Attributes, &Network), STATUS_SUCCESS, "by name");
    is_ulong64(Network.LastWriteTime.QuadPart, 130000000000000000, "the same time");
    is_ulong64(Network.EndOfFile.QuadPart, 200003, "size");
}

static NTSTATUS rename_file(PCWSTR From, PCWSTR To, BOOLEAN Replace)
{
    UCHAR Buffer[256];
    PFILE_RENAME_INFORMATION Info = (PVOID)Buffer;
    IO_STATUS_BLOCK Iosb;
    HANDLE Handle;
    NTSTATUS Status = open_path(From, DELETE, 7, FILE_OPEN, 0, &Handle, NULL);

    if (!NT_SUCCESS(Status))
        return Status;
    Info->ReplaceIfExists = Replace;
    Info->RootDirectory = NULL;
    Info->FileNameLength = (ULONG)(wcslen(To) * sizeof(WCHAR));
    RtlCopyMemory(Info->FileName, To, Info->FileNameLength);
    Status = ZwSetInformationFile(Handle, &Iosb, Info, sizeof(Buffer), FileRenameInformation);
    ZwClose(Handle);
    return Status;
}

static VOID test_rename(VOID)
{
    HANDLE Handle;

    is_status(open_path(L"\\??\\C:\\io_file_test\\sub", FILE_LIST_DIRECTORY, 3, FILE_CREATE,
                        FILE_DIRECTORY_FILE, &Handle, NULL),
              STATUS_SUCCESS, "a subdirectory");
    ZwClose(Handle);
    is_status(rename_file(ONE, L"two.dat", FALSE), STATUS_SUCCESS, "rename in the directory");
    is_status(open_path(ONE, GENERIC_READ, 3, FILE_OPEN, 0, &Handle, NULL),
              STATUS_OBJECT_NAME_NOT_FOUND, "the old name is gone");
    is_status(rename_file(TWO, L"\\??\\C:\\io_file_test\\sub\\three", FALSE), STATUS_SUCCESS,
              "to another directory");
    is_status(open_path(TWO, GENERIC_WRITE, 3, FILE_CREATE, 0, &Handle, NULL), STATUS_SUCCESS,
              "a new file");
    ZwClose(Handle);
    is_status(rename_file(TWO, L"\\??\\C:\\io_file_test\\sub\\three", FALSE),
              STATUS_OBJECT_NAME_COLLISION, "not over another");
    is_status(rename_file(TWO, L"\\??\\C:\\io_file_test\\sub\\three", TRUE), STATUS_SUCCESS,
              "unless it is asked to");
}

static VOID test_list(VOID)
{
    static UCHAR Buffer[2048];
    PFILE_BOTH_DIR_INFORMATION Entry = (PVOID)Buffer;
    UNICODE_STRING Pattern = RTL_CONSTANT_STRING(L"F?l*.TXT"), None = RTL_CONSTANT_STRING(L"none");
    IO_STATUS_BLOCK Iosb;
    HANDLE Handle, File;
    ULONG Count = 1;

    open_path(L"\\??\\C:\\io_file_test\\fil1.txt", GENERIC_WRITE, 3, FILE_CREATE, 0, &File, NULL);
    ZwClose(File);
    open_path(L"\\??\\C:\\io_file_test\\fal22.txt", GENERIC_WRITE, 3, FILE_CREATE, 0, &File, NULL);
    ZwClose(File);
    is_status(
        open_path(DIRECTORY, FILE_LIST_DIRECTORY, 3, FILE_OPEN, FILE_DIRECTORY_FILE, &Handle, NULL),
        STATUS_SUCCESS, "open the directory");
    is_status(ZwQueryDirectoryFile(Handle, NULL, NULL, NULL, &Iosb, Buffer, sizeof(Buffer),
                                   FileBothDirectoryInformation, TRUE, NULL, FALSE),
              STATUS_SUCCESS, "first entry");
    is_bytes(Entry->FileName, L".", 2, "is the directory");
    ok(Entry->FileAttributes & FILE_ATTRIBUTE_DIRECTORY, "and has its attribute");
    is_status(ZwQueryDirectoryFile(Handle, NULL, NULL, NULL, &Iosb, Buffer, sizeof(Buffer),
                                   FileBothDirectoryInformation, FALSE, NULL, FALSE),
              STATUS_SUCCESS, "the rest");
    while (Entry->NextEntryOffset != 0) {
        Entry = (PVOID)((PUCHAR)Entry + Entry->NextEntryOffset);
        Count++;
    }
    is_ulong(Count, 4, "parent, two files and a directory");
    is_status(ZwQueryDirectoryFile(Handle, NULL, NULL, NULL, &Iosb, Buffer, sizeof(Buffer),
                                   FileBothDirectoryInformation, FALSE, NULL, FALSE),
              STATUS_NO_MORE_FILES, "no more");
    is_status(ZwQueryDirectoryFile(Handle, NULL, NULL, NULL, &Iosb, Buffer, sizeof(Buffer),
                                   FileNamesInformation, FALSE, &Pattern, TRUE),
              STATUS_SUCCESS, "again, with a pattern");
    is_ulong(((PFILE_NAMES_INFORMATION)Buffer)->FileNameLength, 9 * sizeof(WCHAR),
             "fal22.txt is first");
    ok(((PFILE_NAMES_INFORMATION)Buffer)->NextEntryOffset != 0, "fil1.txt follows");
    ZwClose(Handle);
    open_path(DIRECTORY, FILE_LIST_DIRECTORY, 3, FILE_OPEN, FILE_DIRECTORY_FILE, &Handle, NULL);
    is_status(ZwQueryDirectoryFile(Handle, NULL, NULL, NULL, &Iosb, Buffer, sizeof(Buffer),
                                   FileNamesInformation, FALSE, &None, FALSE),
              STATUS_NO_SUCH_FILE, "nothing fits");
    ZwClose(Handle);
}

static NTSTATUS delete_path(PCWSTR Path)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;

    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL,
                               NULL);
    return ZwDeleteFile(&Attributes);
}

static VOID test_delete(VOID)
{
    FILE_DISPOSITION_INFORMATION Disposition = { TRUE };
    IO_STATUS_BLOCK Iosb;
    HANDLE Handle, Other, Third;

    open_path(DIRECTORY, DELETE, 7, FILE_OPEN, 0, &Handle, NULL);
    is_status(ZwSetInformationFile(Handle, &Iosb, &Disposition, sizeof(Disposition),
                                   FileDispositionInformation),
              STATUS_DIRECTORY_NOT_EMPTY, "a directory with files stays");
    ZwClose(Handle);
    is_status(open_path(L"\\??\\C:\\io_file_test\\fil1.txt", DELETE, 7, FILE_OPEN,
                        FILE_DELETE_ON_CLOSE, &Handle, NULL),
              STATUS_SUCCESS, "delete on close");
    ZwClose(Handle);
    is_status(open_path(L"\\??\\C:\\io_file_test\\fil1.txt", GENERIC_READ, 7, FILE_OPEN, 0, &Handle,
                        NULL),
              STATUS_OBJECT_NAME_NOT_FOUND, "it is gone");
    open_path(L"\\??\\C:\\io_file_test\\fal22.txt", DELETE, 7, FILE_OPEN, 0, &Handle, NULL);
    open_path(L"\\??\\C:\\io_file_test\\fal22.txt", GENERIC_READ, 7, FILE_OPEN, 0, &Other, NULL);
    is_status(ZwSetInformationFile(Handle, &Iosb, &Disposition, sizeof(Disposition),
                                   FileDispositionInformation),
              STATUS_SUCCESS, "mark for deletion");
    is_status(open_path(L"\\??\\C:\\io_file_test\\fal22.txt", GENERIC_READ, 7, FILE_OPEN, 0, &Third,
                        NULL),
              STATUS_DELETE_PENDING, "no new opens");
    ZwClose(Handle);
    ZwClose(Other);
    is_status(delete_path(L"\\??\\C:\\io_file_test\\fal22.txt"), STATUS_OBJECT_NAME_NOT_FOUND,
              "gone with the last handle");
    is_status(delete_path(L"\\??\\C:\\io_file_test\\sub\\three"), STATUS_SUCCESS, "ZwDeleteFile");
    is_status(delete_path(L"\\??\\C:\\io_file_test\\sub"), STATUS_SUCCESS, "an empty directory");
    is_status(delete_path(DIRECTORY), STATUS_SUCCESS, "the last one");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    leak_begin();
    test_dispositions();
    test_data();
    test_sharing();
    test_information();
    test_rename();
    test_list();
    test_delete();
    leak_end();
    return done();
}
