/*
 * Fuzzes the parser of INF files and what checks them. The first byte chooses the mode and whether
 * the rest is a file of its own or replaces bytes of a good one (pairs of place and byte).
 */
#include <stdlib.h>
#include <string.h>

#include "../../user/tools/infverify/verify.h"
#include "fuzz.h"

static const char good[] =
    "[Version]\nSignature=\"$Windows "
    "NT$\"\nClass=System\nClassGuid={4D36E97D-E325-11CE-BFC1-08002BE10318}\nProvider=%C%\n"
    "DriverVer=01/02/"
    "2024,1.2.3.4\nCatalogFile=a.cat\n[DestinationDirs]\nDefaultDestDir=13\n[SourceDisksNames]\n1=%"
    "C%,,,\\x\n"
    "[SourceDisksFiles]\na.sys=1,y\n[Manufacturer]\n%C%=M,NTamd64.10.0...16299,NTx86\n[M.NTamd64."
    "10.0...16299]\n%D%=I,root\\a\n"
    "[M.NTx86]\n%D%=I,root\\a\n[I]\nNeeds=N\nCopyFiles=F,@a.sys\nAddReg=R\nDelReg=Q\nBitReg="
    "B\nAddProperty=P\n[N]\nNeeds=I\n"
    "[F]\na.sys,b.sys,,0x10\n[R]\nHKR,,U,0x10001,5\nHKLM,S,V,1,1,2\n[Q]\nHKR,,U\n[B]\nHKR,,U,1,3\n["
    "P]\nDeviceModel,,,,x\n"
    "[I.Services]\nAddService=a,2,S,L\nDelService=b\n[S]\nServiceType=1\nStartType=3\nErrorControl="
    "1\nServiceBinary=%13%\\a.sys\n"
    "[L]\nAddReg=R\n[I.HW]\nAddReg=R\n[I.Wdf]\nKmdfService=a,W\n[W]\nKmdfLibraryVersion=1.15\n[I."
    "Filters]\nAddFilter=f,,G\n[G]\n"
    "FilterPosition=Upper\n[I.Interfaces]\nAddInterface={4D36E97D-E325-11CE-BFC1-08002BE10318},,"
    "J\n[J]\nAddReg=R\n"
    "[I.Components]\nAddComponent=c,,K\n[K]\nComponentIDs=x\n[DefaultInstall.NTamd64]\nCopyFiles="
    "F\n"
    "[Strings]\nC=\"C;\"\"\"\nD=D\\\n E\n";

static void ignore(void *context, const char *format, ...)
{
    (void)context;
    (void)format;
}

static void exercise(const unsigned char *bytes, unsigned count, uint8_t how)
{
    VERIFY_OPTIONS options = {
        .Mode = how % 5, .Stampinf = (how & 8) != 0, .OsVersion = how & 16 ? "NTamd64.10.0" : NULL};
    VERIFY inf;

    VerifyInf(&inf, "a.inf", bytes, count, &options);
    if (inf.Role != NULL)
        VerifyInfo(&inf, "a.inf", ignore, NULL);
    VerifyFree(&inf);
}

static void run_changed(const uint8_t *data, size_t size, uint8_t how)
{
    unsigned char *bytes = malloc(sizeof(good) - 1);

    memcpy(bytes, good, sizeof(good) - 1);
    for (; size >= 3; data += 3, size -= 3)
        bytes[(data[0] | (size_t)data[1] << 8) % (sizeof(good) - 1)] = data[2];
    exercise(bytes, sizeof(good) - 1, how);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] & 0x80) {
        run_changed(data + 1, size - 1, data[0]);
    } else {
        unsigned char *bytes = malloc(size); /* of its exact size */

        memcpy(bytes, data + 1, size - 1);
        exercise(bytes, (unsigned)size - 1, data[0]);
        free(bytes);
    }
    return 0;
}
