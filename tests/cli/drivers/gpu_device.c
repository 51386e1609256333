/* \Device\DrydockGpu under wrong codes, every length of buffers, and any index; then its answers. Drydock's own: not for Wine. */
#include "../../kernel/tap.h"

#include "../../../kernel/gpu/gpu.h"

static HANDLE Gpu;

static NTSTATUS Ask(ULONG Code, PVOID In, ULONG InBytes, PVOID Out, ULONG OutBytes, ULONG_PTR *Moved)
{
    IO_STATUS_BLOCK Iosb = {{STATUS_PENDING}, 0xA5A5};
    NTSTATUS Status = ZwDeviceIoControlFile(Gpu, NULL, NULL, NULL, &Iosb, Code, In, InBytes, Out, OutBytes);

    *Moved = Iosb.Information;
    return Status;
}

static VOID TestLengths(VOID)
{
    UCHAR In[16], Out[sizeof(HAL_GPU_INFO) + 16];
    ULONG Wrong = 0, Good = 0;

    for (ULONG InBytes = 0; InBytes <= sizeof(In); InBytes++)
        for (ULONG OutBytes = 0; OutBytes <= sizeof(Out); OutBytes++) {
            NTSTATUS Expected = InBytes != 4                        ? STATUS_INFO_LENGTH_MISMATCH
                                : OutBytes < sizeof(HAL_GPU_INFO) ? STATUS_BUFFER_TOO_SMALL
                                                                    : STATUS_SUCCESS;
            ULONG_PTR Moved;

            RtlZeroMemory(In, sizeof(In));
            RtlFillMemory(Out, sizeof(Out), 0xA5);
            if (Ask(IOCTL_GPU_QUERY, In, InBytes, Out, OutBytes, &Moved) != Expected)
                Wrong++;
            else if (Expected == STATUS_SUCCESS)
                Good += Moved == sizeof(HAL_GPU_INFO) && (OutBytes == Moved || Out[Moved] == 0xA5);
            else
                Wrong += Out[0] != 0xA5;
        }
    is_ulong(Wrong, 0, "each pair of lengths has its status");
    is_ulong(Good, 17, "the right ones give the whole answer and nothing behind it");
}

static VOID TestIndexes(VOID)
{
    static const ULONG Indexes[] = {2, 3, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF};
    HAL_GPU_INFO Info;
    ULONG_PTR Moved;

    for (ULONG i = 0; i < RTL_NUMBER_OF(Indexes); i++) {
        ULONG Index = Indexes[i];

        is_status(Ask(IOCTL_GPU_QUERY, &Index, sizeof(Index), &Info, sizeof(Info), &Moved), STATUS_NO_MORE_ENTRIES,
                  "an adapter that is not there");
    }
    for (ULONG Index = 0; Index < 2; Index++) {
        RtlFillMemory(&Info, sizeof(Info), 0xA5);
        is_status(Ask(IOCTL_GPU_QUERY, &Index, sizeof(Index), &Info, sizeof(Info), &Moved), STATUS_SUCCESS,
                  "an adapter");
        ok(Info.index == Index && Info.count == 2 && Info.status == 0 && Info.pci_bus == Index + 1,
           "it is the one that was asked for");
        ok(Info.flags == HAL_GPU_SIMULATED && strcmp(Info.name, "NVIDIA GeForce RTX 3080 (simulated)") == 0,
           "it says that it is simulated");
        ok(Info.gpu_percent <= 100 && Info.memory_percent <= 100 && Info.celsius >= 38 && Info.celsius <= 78 &&
               Info.memory_total_bytes == 10ull << 30 && Info.memory_used_bytes <= Info.memory_total_bytes,
           "its figures are in their ranges");
    }
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(GPU_DEVICE_NAME);
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    ULONG_PTR Moved;
    ULONG Index = 0;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!is_status(ZwOpenFile(&Gpu, FILE_READ_DATA | SYNCHRONIZE, &Attributes, &Iosb, FILE_SHARE_READ,
                              FILE_SYNCHRONOUS_IO_NONALERT),
                   STATUS_SUCCESS, "the device opens"))
        return done();
    TestLengths();
    TestIndexes();
    is_status(Ask(IOCTL_GPU_QUERY + 4, &Index, sizeof(Index), NULL, 0, &Moved), STATUS_INVALID_DEVICE_REQUEST,
              "another control code");
    is_status(ZwReadFile(Gpu, NULL, NULL, NULL, &Iosb, &Index, sizeof(Index), NULL, NULL), STATUS_INVALID_DEVICE_REQUEST,
              "it cannot be read");
    ZwClose(Gpu);
    return done();
}
