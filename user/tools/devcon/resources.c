/* devcon resources. [doc: DevCon Resources] */
#include "devcon.h"
#include "console.h"

/* What CM_Get_Res_Des_Data gives, whole. */
typedef union _DATA {
    MEM_DES Memory;
    IO_DES Ports;
    DMA_DES Dma;
    IRQ_DES Interrupt;
    BYTE Room[256];
} DATA;

static void ShowResource(RESOURCEID Kind, const DATA *Data)
{
    switch (Kind) {
    case ResType_Mem:
        ConsolePrint(L"        MEM : %08I64x-%08I64x\n", Data->Memory.MD_Alloc_Base,
                     Data->Memory.MD_Alloc_End);
        break;
    case ResType_IO:
        ConsolePrint(L"        IO  : %04I64x-%04I64x\n", Data->Ports.IOD_Alloc_Base,
                     Data->Ports.IOD_Alloc_End);
        break;
    case ResType_DMA:
        ConsolePrint(L"        DMA : %lu\n", Data->Dma.DD_Alloc_Chan);
        break;
    case ResType_IRQ:
        ConsolePrint(L"        IRQ : %lu\n", Data->Interrupt.IRQD_Alloc_Num);
        break;
    default:
        break;
    }
}

/* Each descriptor after the other; the handle of the one before is given back. */
static int ShowAll(LOG_CONF Config)
{
    RES_DES Present = Config, Next;
    RESOURCEID Kind;
    ULONG Size;
    int Count = 0;
    DATA Data;

    while (CM_Get_Next_Res_Des(&Next, Present, ResType_All, &Kind, 0) == CR_SUCCESS) {
        if (Present != Config)
            CM_Free_Res_Des_Handle(Present);
        Present = Next;
        if (CM_Get_Res_Des_Data_Size(&Size, Present, 0) != CR_SUCCESS || Size > sizeof(Data) ||
            CM_Get_Res_Des_Data(Present, &Data, Size, 0) != CR_SUCCESS)
            continue;
        if (Count++ == 0)
            ConsolePrint(L"    Device is currently using the following resources:\n");
        ShowResource(Kind, &Data);
    }
    if (Present != Config)
        CM_Free_Res_Des_Handle(Present);
    return Count;
}

static int ShowResources(HDEVINFO Set, SP_DEVINFO_DATA *Device, const WCHAR *Id, void *Context)
{
    WCHAR Name[DEVCON_TEXT];
    LOG_CONF Config;
    int Count = 0;

    (void)Context;
    ConsolePrint(L"%ls\n", Id);
    DevconName(Set, Device, Name);
    if (Name[0] != 0)
        ConsolePrint(L"    Name: %ls\n", Name);
    if (CM_Get_First_Log_Conf(&Config, Device->DevInst, ALLOC_LOG_CONF) == CR_SUCCESS) {
        Count = ShowAll(Config);
        CM_Free_Log_Conf_Handle(Config);
    }
    if (Count == 0)
        ConsolePrint(L"    Device is not using any resources.\n");
    return 0;
}

int DevconResources(int Count, WCHAR **Arguments)
{
    int Found = DevconVisit(Count, Arguments, DIGCF_PRESENT, ShowResources, NULL);

    if (Found < 0)
        return DEVCON_USAGE;
    if (Found == 0)
        printf("No matching devices found.\n");
    else
        printf("%d matching device(s) found.\n", Found);
    return DEVCON_FINE;
}
