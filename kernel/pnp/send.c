/* Requests of the PnP manager to a device stack, and its strings. */
#include "pnpp.h"

NTSTATUS PnpSend(PDEVICE_OBJECT Pdo, ULONG Minor, const IO_STACK_LOCATION *Parameters, ULONG_PTR *Information)
{
    PDEVICE_OBJECT Top = IoGetAttachedDeviceReference(Pdo);
    PIRP Irp = IopAllocateIrpForSure(Top->StackSize);
    PIO_STACK_LOCATION Stack;
    IO_STATUS_BLOCK Iosb;
    NTSTATUS Status;

    /* [doc: Rules for Handling PnP Requests] the status says whether anyone understood the request. */
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    Irp->IoStatus.Information = Information != NULL ? *Information : 0;
    Stack = IoGetNextIrpStackLocation(Irp);
    if (Parameters != NULL)
        Stack->Parameters = Parameters->Parameters;
    Stack->MajorFunction = IRP_MJ_PNP;
    Stack->MinorFunction = (UCHAR)Minor;
    Status = IopSendKernelIrp(Top, Irp, &Iosb);
    if (Information != NULL)
        *Information = Iosb.Information;
    ObDereferenceObject(Top);
    return Status;
}

NTSTATUS PnpQueryRelations(PNP_NODE *Node, DEVICE_RELATION_TYPE Type, PDEVICE_RELATIONS *Relations)
{
    IO_STACK_LOCATION Parameters;
    ULONG_PTR Information = 0;
    NTSTATUS Status;

    RtlZeroMemory(&Parameters, sizeof(Parameters));
    Parameters.Parameters.QueryDeviceRelations.Type = Type;
    Status = PnpSend(Node->Pdo, IRP_MN_QUERY_DEVICE_RELATIONS, &Parameters, &Information);
    *Relations = NT_SUCCESS(Status) ? (PDEVICE_RELATIONS)Information : NULL;
    return Status;
}

UNICODE_STRING PnpFormat(PCWSTR Format, ...)
{
    enum { LIMIT = 512 };
    UNICODE_STRING Result = { 0, LIMIT * sizeof(WCHAR), NULL };
    va_list Arguments;
    int Count;

    Result.Buffer = ExAllocatePoolWithTag(PagedPool, Result.MaximumLength, PNP_TAG);
    if (Result.Buffer == NULL)
        return Result;
    va_start(Arguments, Format);
    Count = _vsnwprintf(Result.Buffer, LIMIT - 1, Format, Arguments);
    va_end(Arguments);
    if (Count < 0)
        Count = LIMIT - 1;
    Result.Buffer[Count] = 0;
    Result.Length = (USHORT)(Count * sizeof(WCHAR));
    return Result;
}

UNICODE_STRING PnpCopy(PCUNICODE_STRING Source)
{
    UNICODE_STRING Result = { Source->Length, Source->Length + sizeof(WCHAR), NULL };

    Result.Buffer = ExAllocatePoolWithTag(PagedPool, Result.MaximumLength, PNP_TAG);
    if (Result.Buffer == NULL) {
        Result.Length = Result.MaximumLength = 0;
        return Result;
    }
    RtlCopyMemory(Result.Buffer, Source->Buffer, Source->Length);
    Result.Buffer[Source->Length / sizeof(WCHAR)] = 0;
    return Result;
}

VOID PnpFree(PUNICODE_STRING String)
{
    if (String->Buffer != NULL)
        ExFreePoolWithTag(String->Buffer, PNP_TAG);
    RtlZeroMemory(String, sizeof(*String));
}

BOOLEAN PnpNextString(PCUNICODE_STRING Multi, PWCHAR *Next, PUNICODE_STRING One)
{
    PWCHAR End = Multi->Buffer + Multi->Length / sizeof(WCHAR), At = *Next != NULL ? *Next : Multi->Buffer;

    while (At < End && *At == 0)
        At++;
    One->Buffer = At;
    while (At < End && *At != 0)
        At++;
    One->Length = One->MaximumLength = (USHORT)((PUCHAR)At - (PUCHAR)One->Buffer);
    *Next = At;
    return One->Length != 0;
}
