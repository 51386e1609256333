/*
 * Ranges of memory and ports in resource descriptors: those of 4 GiB and more have their length in
 * units of 2^8, 2^16 or 2^32 bytes. [doc: CM_PARTIAL_RESOURCE_DESCRIPTOR, RtlCmEncodeMemIoResource
 * and its kin] Left out: nothing. [guess] Which of the two types memory gets is a matter of its
 * length, whichever was asked for.
 */
#include "rtl.h"

typedef struct _RTLP_RANGE_FORM {
    UCHAR Type;
    USHORT Flag;
    ULONG Shift;
} RTLP_RANGE_FORM;

static BOOLEAN RtlpFits(ULONG64 Value, ULONG Shift)
{
    return Value >> Shift <= MAXULONG && Value >> Shift << Shift == Value;
}

/* The form that holds both numbers exactly. */
static NTSTATUS RtlpChooseForm(UCHAR Type, ULONG64 Length, ULONG64 Alignment, RTLP_RANGE_FORM *Form)
{
    static const RTLP_RANGE_FORM Forms[] = {
        {CmResourceTypeMemory, 0, 0},
        {CmResourceTypeMemoryLarge, CM_RESOURCE_MEMORY_LARGE_40, 8},
        {CmResourceTypeMemoryLarge, CM_RESOURCE_MEMORY_LARGE_48, 16},
        {CmResourceTypeMemoryLarge, CM_RESOURCE_MEMORY_LARGE_64, 32},
    };
    BOOLEAN IsPort = Type == CmResourceTypePort;
    ULONG i;

    if (!IsPort && Type != CmResourceTypeMemory && Type != CmResourceTypeMemoryLarge)
        return STATUS_INVALID_PARAMETER;
    for (i = 0; i < (IsPort ? 1 : RTL_NUMBER_OF(Forms)); i++)
        if (RtlpFits(Length, Forms[i].Shift) && RtlpFits(Alignment, Forms[i].Shift)) {
            *Form = Forms[i];
            if (IsPort)
                Form->Type = CmResourceTypePort;
            return STATUS_SUCCESS;
        }
    return STATUS_UNSUCCESSFUL;
}

static ULONG RtlpShiftOf(UCHAR Type, USHORT Flags)
{
    if (Type != CmResourceTypeMemoryLarge)
        return 0;
    if (Flags & CM_RESOURCE_MEMORY_LARGE_40)
        return 8;
    return Flags & CM_RESOURCE_MEMORY_LARGE_48 ? 16 : 32;
}

static USHORT RtlpRangeFlags(USHORT Flags, const RTLP_RANGE_FORM *Form)
{
    return Form->Type == CmResourceTypePort
               ? Flags
               : (USHORT)((Flags & ~CM_RESOURCE_MEMORY_LARGE) | Form->Flag);
}

NT_EXPORT(RtlCmEncodeMemIoResource);
NTSTATUS NTAPI RtlCmEncodeMemIoResource(PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor, UCHAR Type,
                                        ULONGLONG Length, ULONGLONG Start)
{
    RTLP_RANGE_FORM Form;
    NTSTATUS Status = RtlpChooseForm(Type, Length, 0, &Form);

    if (!NT_SUCCESS(Status))
        return Status;
    Descriptor->Type = Form.Type;
    Descriptor->Flags = RtlpRangeFlags(Descriptor->Flags, &Form);
    Descriptor->u.Memory.Start.QuadPart = (LONGLONG)Start;
    Descriptor->u.Memory.Length = (ULONG)(Length >> Form.Shift);
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlCmDecodeMemIoResource);
ULONGLONG NTAPI RtlCmDecodeMemIoResource(PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor,
                                         PULONGLONG Start)
{
    if (Start != NULL)
        *Start = (ULONGLONG)Descriptor->u.Memory.Start.QuadPart;
    return (ULONGLONG)Descriptor->u.Memory.Length
           << RtlpShiftOf(Descriptor->Type, Descriptor->Flags);
}

NT_EXPORT(RtlIoEncodeMemIoResource);
NTSTATUS NTAPI RtlIoEncodeMemIoResource(PIO_RESOURCE_DESCRIPTOR Descriptor, UCHAR Type,
                                        ULONGLONG Length, ULONGLONG Alignment,
                                        ULONGLONG MinimumAddress, ULONGLONG MaximumAddress)
{
    RTLP_RANGE_FORM Form;
    NTSTATUS Status = RtlpChooseForm(Type, Length, Alignment, &Form);

    if (!NT_SUCCESS(Status))
        return Status;
    Descriptor->Type = Form.Type;
    Descriptor->Flags = RtlpRangeFlags(Descriptor->Flags, &Form);
    Descriptor->u.Memory.Length = (ULONG)(Length >> Form.Shift);
    Descriptor->u.Memory.Alignment = (ULONG)(Alignment >> Form.Shift);
    Descriptor->u.Memory.MinimumAddress.QuadPart = (LONGLONG)MinimumAddress;
    Descriptor->u.Memory.MaximumAddress.QuadPart = (LONGLONG)MaximumAddress;
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlIoDecodeMemIoResource);
ULONGLONG NTAPI RtlIoDecodeMemIoResource(PIO_RESOURCE_DESCRIPTOR Descriptor, PULONGLONG Alignment,
                                         PULONGLONG MinimumAddress, PULONGLONG MaximumAddress)
{
    ULONG Shift = RtlpShiftOf(Descriptor->Type, Descriptor->Flags);

    if (Alignment != NULL)
        *Alignment = (ULONGLONG)Descriptor->u.Memory.Alignment << Shift;
    if (MinimumAddress != NULL)
        *MinimumAddress = (ULONGLONG)Descriptor->u.Memory.MinimumAddress.QuadPart;
    if (MaximumAddress != NULL)
        *MaximumAddress = (ULONGLONG)Descriptor->u.Memory.MaximumAddress.QuadPart;
    return (ULONGLONG)Descriptor->u.Memory.Length << Shift;
}
