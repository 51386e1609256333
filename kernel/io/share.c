/* Share access of files: what each opener may do and lets others do. [doc: IoCheckShareAccess] */
#include "iop.h"

static BOOLEAN IopCounts(PFILE_OBJECT File)
{
    return File->ReadAccess || File->WriteAccess || File->DeleteAccess;
}

static VOID IopSetFileAccess(PFILE_OBJECT File, ACCESS_MASK Access, ULONG Share)
{
    File->ReadAccess = (Access & (FILE_EXECUTE | FILE_READ_DATA)) != 0;
    File->WriteAccess = (Access & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0;
    File->DeleteAccess = (Access & DELETE) != 0;
    if (!IopCounts(File))
        return;
    File->SharedRead = (Share & FILE_SHARE_READ) != 0;
    File->SharedWrite = (Share & FILE_SHARE_WRITE) != 0;
    File->SharedDelete = (Share & FILE_SHARE_DELETE) != 0;
}

NT_EXPORT(IoUpdateShareAccess);
VOID NTAPI IoUpdateShareAccess(PFILE_OBJECT File, PSHARE_ACCESS ShareAccess)
{
    if (!IopCounts(File))
        return;
    ShareAccess->OpenCount++;
    ShareAccess->Readers += File->ReadAccess;
    ShareAccess->Writers += File->WriteAccess;
    ShareAccess->Deleters += File->DeleteAccess;
    ShareAccess->SharedRead += File->SharedRead;
    ShareAccess->SharedWrite += File->SharedWrite;
    ShareAccess->SharedDelete += File->SharedDelete;
}

NT_EXPORT(IoCheckShareAccess);
NTSTATUS NTAPI IoCheckShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT File,
                                  PSHARE_ACCESS ShareAccess, BOOLEAN Update)
{
    IopSetFileAccess(File, DesiredAccess, DesiredShareAccess);
    if (!IopCounts(File))
        return STATUS_SUCCESS;
    if ((File->ReadAccess && ShareAccess->SharedRead < ShareAccess->OpenCount)
        || (File->WriteAccess && ShareAccess->SharedWrite < ShareAccess->OpenCount)
        || (File->DeleteAccess && ShareAccess->SharedDelete < ShareAccess->OpenCount)
        || (ShareAccess->Readers != 0 && !File->SharedRead) || (ShareAccess->Writers != 0 && !File->SharedWrite)
        || (ShareAccess->Deleters != 0 && !File->SharedDelete))
        return STATUS_SHARING_VIOLATION;
    if (Update)
        IoUpdateShareAccess(File, ShareAccess);
    return STATUS_SUCCESS;
}

NT_EXPORT(IoSetShareAccess);
VOID NTAPI IoSetShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT File,
                            PSHARE_ACCESS ShareAccess)
{
    IopSetFileAccess(File, DesiredAccess, DesiredShareAccess);
    RtlZeroMemory(ShareAccess, sizeof(*ShareAccess));
    IoUpdateShareAccess(File, ShareAccess);
}

NT_EXPORT(IoRemoveShareAccess);
VOID NTAPI IoRemoveShareAccess(PFILE_OBJECT File, PSHARE_ACCESS ShareAccess)
{
    if (!IopCounts(File))
        return;
    ShareAccess->OpenCount--;
    ShareAccess->Readers -= File->ReadAccess;
    ShareAccess->Writers -= File->WriteAccess;
    ShareAccess->Deleters -= File->DeleteAccess;
    ShareAccess->SharedRead -= File->SharedRead;
    ShareAccess->SharedWrite -= File->SharedWrite;
    ShareAccess->SharedDelete -= File->SharedDelete;
}
