/*
 * Volumes: free space, drives, what a file system says of itself. [doc: GetVolumeInformationW,
 * GetDiskFreeSpaceW] Left out: volumes that are mounted on directories, shares of a network, labels
 * that can be set.
 */
#include "k32.h"

BOOL WINAPI GetDiskFreeSpaceExW(LPCWSTR Directory, PULARGE_INTEGER Available, PULARGE_INTEGER Total,
                                PULARGE_INTEGER Free)
{
    FILE_FS_FULL_SIZE_INFORMATION Size;
    IO_STATUS_BLOCK IoStatus;
    HANDLE File;
    ULONGLONG Unit;
    NTSTATUS Status =
        OpenByName(Directory != NULL ? Directory : L".", FILE_LIST_DIRECTORY, 0x1, &File);

    if (NT_SUCCESS(Status)) {
        Status = NtQueryVolumeInformationFile(File, &IoStatus, &Size, sizeof(Size),
                                              FileFsFullSizeInformation);
        NtClose(File);
    }
    if (!NT_SUCCESS(Status))
        return SetStatusError(Status);
    Unit = (ULONGLONG)Size.SectorsPerAllocationUnit * Size.BytesPerSector;
    if (Available != NULL)
        Available->QuadPart = Size.CallerAvailableAllocationUnits.QuadPart * Unit;
    if (Total != NULL)
        Total->QuadPart = Size.TotalAllocationUnits.QuadPart * Unit;
    if (Free != NULL)
        Free->QuadPart = Size.ActualAvailableAllocationUnits.QuadPart * Unit;
    return TRUE;
}

DWORD WINAPI GetLogicalDrives(VOID)
{
    struct { /* PROCESS_DEVICEMAP_INFORMATION.Query */
        ULONG DriveMap;
        UCHAR DriveType[32];
    } Map = {0};

    NtQueryInformationProcess(NtCurrentProcess(), ProcessDeviceMap, &Map, sizeof(Map), NULL);
    return Map.DriveMap;
}

UINT WINAPI GetDriveTypeW(LPCWSTR Root)
{
    WCHAR Letter = Root != NULL ? (WCHAR)(Root[0] & ~0x20) : L'C';

    if (Letter >= L'A' && Letter <= L'Z' && GetLogicalDrives() & 1u << (Letter - L'A'))
        return DRIVE_FIXED;
    return DRIVE_NO_ROOT_DIR;
}

UINT WINAPI GetDriveTypeA(LPCSTR Root)
{
    WCHAR Wide[2] = {Root != NULL ? (BYTE)Root[0] : 0, 0};

    return GetDriveTypeW(Root == NULL ? NULL : Wide);
}

/* ---- a volume by its root ---- */

/*
 * NULL is the current directory's. [doc: "A trailing backslash is required"] A name without it is
 * no volume's, and a directory below it is no root.
 */
static BOOL OpenRoot(LPCWSTR Root, PHANDLE Volume)
{
    WCHAR Current[MAX_PATH];

    if (Root == NULL && GetCurrentDirectoryW(MAX_PATH, Current) >= 3) {
        Current[3] = 0;
        Root = Current;
    }
    if (Root == NULL || Root[0] == 0 || Root[1] != L':' || Root[2] != L'\\') {
        SetLastError(ERROR_INVALID_NAME);
        return FALSE;
    }
    if (Root[3] != 0) {
        SetLastError(ERROR_DIR_NOT_ROOT);
        return FALSE;
    }
    return StatusToBool(
        OpenByName(Root, FILE_LIST_DIRECTORY, 0x1 /* FILE_DIRECTORY_FILE */, Volume));
}

static DWORD Capped(LONGLONG Units)
{
    return Units > MAXDWORD ? MAXDWORD : (DWORD)Units;
}

BOOL WINAPI GetDiskFreeSpaceW(LPCWSTR Root, LPDWORD SectorsPerCluster, LPDWORD BytesPerSector,
                              LPDWORD FreeClusters, LPDWORD Clusters)
{
    FILE_FS_SIZE_INFORMATION Size;
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status;
    HANDLE Volume;

    if (!OpenRoot(Root, &Volume))
        return FALSE;
    Status =
        NtQueryVolumeInformationFile(Volume, &IoStatus, &Size, sizeof(Size), FileFsSizeInformation);
    NtClose(Volume);
    if (!NT_SUCCESS(Status))
        return SetStatusError(Status);
    if (SectorsPerCluster != NULL)
        *SectorsPerCluster = Size.SectorsPerAllocationUnit;
    if (BytesPerSector != NULL)
        *BytesPerSector = Size.BytesPerSector;
    if (FreeClusters != NULL)
        *FreeClusters = Capped(Size.AvailableAllocationUnits.QuadPart);
    if (Clusters != NULL)
        *Clusters = Capped(Size.TotalAllocationUnits.QuadPart);
    return TRUE;
}

BOOL WINAPI GetDiskFreeSpaceA(LPCSTR Root, LPDWORD SectorsPerCluster, LPDWORD BytesPerSector,
                              LPDWORD FreeClusters, LPDWORD Clusters)
{
    WCHAR *Wide = WideFromAnsi(Root);
    BOOL Done = (Wide != NULL || Root == NULL) &&
                GetDiskFreeSpaceW(Wide, SectorsPerCluster, BytesPerSector, FreeClusters, Clusters);

    FreeText(Wide);
    return Done;
}

/* A name into a caller's buffer; one that does not fit is an error. [guess: which] */
static BOOL GiveName(const WCHAR *Name, ULONG Bytes, LPWSTR Buffer, DWORD Size)
{
    if (Buffer == NULL)
        return TRUE;
    if (Size <= Bytes / sizeof(WCHAR)) {
        SetLastError(ERROR_BAD_LENGTH);
        return FALSE;
    }
    RtlCopyMemory(Buffer, Name, Bytes);
    Buffer[Bytes / sizeof(WCHAR)] = 0;
    return TRUE;
}

typedef struct _VOLUME_FACTS {
    union {
        FILE_FS_VOLUME_INFORMATION Volume;
        UCHAR VolumeBytes[sizeof(FILE_FS_VOLUME_INFORMATION) + MAX_PATH * sizeof(WCHAR)];
    };
    union {
        FILE_FS_ATTRIBUTE_INFORMATION System;
        UCHAR SystemBytes[sizeof(FILE_FS_ATTRIBUTE_INFORMATION) + MAX_PATH * sizeof(WCHAR)];
    };
} VOLUME_FACTS;

static NTSTATUS QueryVolume(HANDLE Volume, VOLUME_FACTS *Facts)
{
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status = NtQueryVolumeInformationFile(
        Volume, &IoStatus, &Facts->Volume, sizeof(Facts->VolumeBytes), FileFsVolumeInformation);

    if (NT_SUCCESS(Status))
        Status =
            NtQueryVolumeInformationFile(Volume, &IoStatus, &Facts->System,
                                         sizeof(Facts->SystemBytes), FileFsAttributeInformation);
    return Status;
}

BOOL WINAPI GetVolumeInformationW(LPCWSTR Root, LPWSTR Label, DWORD LabelSize, LPDWORD SerialNumber,
                                  LPDWORD LongestName, LPDWORD Flags, LPWSTR SystemName,
                                  DWORD SystemNameSize)
{
    VOLUME_FACTS Facts;
    NTSTATUS Status;
    HANDLE Volume;

    if (!OpenRoot(Root, &Volume))
        return FALSE;
    Status = QueryVolume(Volume, &Facts);
    NtClose(Volume);
    if (!NT_SUCCESS(Status))
        return SetStatusError(Status);
    if (SerialNumber != NULL)
        *SerialNumber = Facts.Volume.VolumeSerialNumber;
    if (LongestName != NULL)
        *LongestName = (DWORD)Facts.System.MaximumComponentNameLength;
    if (Flags != NULL)
        *Flags = Facts.System.FileSystemAttributes;
    return GiveName(Facts.Volume.VolumeLabel, Facts.Volume.VolumeLabelLength, Label, LabelSize) &&
           GiveName(Facts.System.FileSystemName, Facts.System.FileSystemNameLength, SystemName,
                    SystemNameSize);
}

BOOL WINAPI GetVolumeInformationA(LPCSTR Root, LPSTR Label, DWORD LabelSize, LPDWORD SerialNumber,
                                  LPDWORD LongestName, LPDWORD Flags, LPSTR SystemName,
                                  DWORD SystemNameSize)
{
    WCHAR *Wide = WideFromAnsi(Root), WideLabel[MAX_PATH + 1], WideSystem[MAX_PATH + 1];
    BOOL Done = (Wide != NULL || Root == NULL) &&
                GetVolumeInformationW(Wide, WideLabel, MAX_PATH + 1, SerialNumber, LongestName,
                                      Flags, WideSystem, MAX_PATH + 1);

    FreeText(Wide);
    if (!Done)
        return FALSE;
    if ((Label == NULL || AnsiFromWide(WideLabel, Label, LabelSize) < LabelSize) &&
        (SystemName == NULL ||
         AnsiFromWide(WideSystem, SystemName, SystemNameSize) < SystemNameSize))
        return TRUE;
    SetLastError(ERROR_BAD_LENGTH);
    return FALSE;
}
