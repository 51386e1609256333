/* The device tree as the power manager wants it: started devices in the order in which they are powered down. */
#include "pnpp.h"

VOID PnpLockForPower(ULONG Seconds)
{
    PKTHREAD Owner;

    if (PnpTryLockTree(Seconds, &Owner))
        return;
    KeSetBugCheckText("a power transition has waited for %lu s for thread %p, which starts, stops or removes a device",
                      Seconds, Owner);
    KeBugCheckEx(DRIVER_POWER_STATE_FAILURE, 4, Seconds, (ULONG_PTR)Owner, 0);
}

VOID PnpUnlockForPower(VOID)
{
    PnpUnlockTree();
}

PCUNICODE_STRING PnpInstancePath(PDEVICE_OBJECT Pdo)
{
    return &PnpNodeOf(Pdo)->InstancePath;
}

/* ---- the order ---- */

static BOOLEAN PnpIsListed(const PNP_POWER_LIST *List, PDEVICE_OBJECT Pdo)
{
    ULONG i;

    for (i = 0; i < List->Count; i++)
        if (List->Pdo[i] == Pdo)
            return TRUE;
    return FALSE;
}

static BOOLEAN PnpTakesPower(const PNP_NODE *Node)
{
    return Node->State == DeviceNodeStarted && Node != PnpRoot;
}

/* Another device, which is not listed yet, needs this one to be on. */
static BOOLEAN PnpIsNeeded(const PNP_POWER_LIST *List, PNP_NODE *Node)
{
    PNP_NODE *Other;
    ULONG i;

    for (Other = PnpRoot; Other != NULL; Other = PnpNextDown(Other, PnpRoot)) {
        if (Other == Node || !PnpTakesPower(Other) || PnpIsListed(List, Other->Pdo))
            continue;
        if (Other->Parent == Node)
            return TRUE;
        for (i = 0; Other->PowerRelations != NULL && i < Other->PowerRelations->Count; i++)
            if (Other->PowerRelations->Objects[i] == Node->Pdo)
                return TRUE;
    }
    return FALSE;
}

/* The next to power down: one that none of the others needs; in a circle of relations, any. */
static PNP_NODE *PnpNextToPowerDown(const PNP_POWER_LIST *List)
{
    PNP_NODE *Node, *Any = NULL;

    for (Node = PnpFirstUp(PnpRoot); Node != NULL; Node = PnpNextUp(Node, PnpRoot)) {
        if (!PnpTakesPower(Node) || PnpIsListed(List, Node->Pdo))
            continue;
        if (!PnpIsNeeded(List, Node))
            return Node;
        if (Any == NULL)
            Any = Node;
    }
    return Any;
}

NTSTATUS PnpListForPower(PNP_POWER_LIST *List)
{
    ULONG Limit = 0;
    PNP_NODE *Node;

    for (Node = PnpRoot; Node != NULL; Node = PnpNextDown(Node, PnpRoot))
        Limit++;
    List->Count = 0;
    List->Pdo = ExAllocatePoolWithTag(PagedPool, Limit * sizeof(*List->Pdo), PNP_TAG);
    if (List->Pdo == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    while ((Node = PnpNextToPowerDown(List)) != NULL) {
        ObReferenceObject(Node->Pdo);
        List->Pdo[List->Count++] = Node->Pdo;
    }
    return STATUS_SUCCESS;
}

VOID PnpFreePowerList(PNP_POWER_LIST *List)
{
    while (List->Count != 0)
        ObDereferenceObject(List->Pdo[--List->Count]);
    ExFreePoolWithTag(List->Pdo, PNP_TAG);
}
