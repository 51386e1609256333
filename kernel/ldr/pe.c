/*
 * Headers, sections and the checks over all directories. See pe.h. The walks over imports, exports,
 * relocations and resources are in pedir.c. A PE32 or foreign image is told apart only for the sake
 * of a good message.
 */
#include "pe.h"
#include "pep.h"

PE_STATUS PepFail(PE_IMAGE *Image, PE_STATUS Status, const char *Reason)
{
    Image->Reason = Reason;
    return Status;
}

/* ---- raw access ---- */

static const uint8_t *PepAtOffset(const PE_IMAGE *Image, uint64_t Offset, uint64_t Bytes)
{
    if (Bytes > Image->Length || Offset > Image->Length - Bytes)
        return NULL;
    return Image->Bytes + Offset;
}

static int PepIsPowerOfTwo(uint32_t Value)
{
    return Value != 0 && (Value & (Value - 1)) == 0;
}

static uint64_t PepRoundUp(uint64_t Value, uint32_t Unit)
{
    return (Value + Unit - 1) & ~(uint64_t)(Unit - 1);
}

static const uint8_t *PepSectionHeader(const PE_IMAGE *Image, uint32_t Index)
{
    return Image->Bytes + Image->SectionTable + Index * PEP_SECTION_BYTES;
}

/* Images whose sections are not page aligned are mapped as the file is. */
static int PepIsFlat(const PE_IMAGE *Image)
{
    return Image->SectionAlignment < PE_PAGE;
}

void PeGetSection(const PE_IMAGE *Image, uint32_t Index, PE_SECTION *Section)
{
    const uint8_t *Header = PepSectionHeader(Image, Index);
    uint64_t Limit;
    uint32_t i;

    for (i = 0; i < 8; i++)
        Section->Name[i] = (char)Header[i];
    Section->Name[8] = 0;
    Section->VirtualSize = Pep32(Header + 8);
    Section->Rva = Pep32(Header + 12);
    Section->FileSize = Pep32(Header + 16);
    Section->FileOffset = Pep32(Header + 20);
    Section->Characteristics = Pep32(Header + 36);
    if (!PepIsFlat(Image))
        Section->FileOffset &= ~511u; /* as the memory manager rounds it */
    if (Section->VirtualSize == 0)
        Section->VirtualSize = Section->FileSize;
    if (Pep32(Header + 20) == 0)
        Section->FileSize = 0;
    Limit = PepRoundUp(Section->VirtualSize, PE_PAGE);
    if (Section->FileSize > Limit)
        Section->FileSize = (uint32_t)Limit;
}

/* What lies at Rva, and how many bytes may be read from there on; NULL for none. */
static const uint8_t *PepSpan(const PE_IMAGE *Image, uint32_t Rva, uint64_t *Bytes)
{
    PE_SECTION Section;
    uint32_t i;

    *Bytes = 0;
    if (Image->IsMapped || Rva < Image->SizeOfHeaders) {
        uint32_t Limit = Image->IsMapped ? Image->SizeOfImage : Image->SizeOfHeaders;

        *Bytes = Rva < Limit ? Limit - Rva : 0;
        return PepAtOffset(Image, Rva, *Bytes);
    }
    for (i = 0; i < Image->SectionCount; i++) {
        PeGetSection(Image, i, &Section);
        if (Rva < Section.Rva || Rva - Section.Rva >= Section.FileSize)
            continue;
        *Bytes = Section.FileSize - (Rva - Section.Rva);
        return PepAtOffset(Image, (uint64_t)Section.FileOffset + (Rva - Section.Rva), *Bytes);
    }
    return NULL;
}

const void *PeAtRva(const PE_IMAGE *Image, uint32_t Rva, uint64_t Bytes)
{
    uint64_t Available;
    const uint8_t *At = PepSpan(Image, Rva, &Available);

    return Bytes <= Available ? At : NULL;
}

const char *PeStringAt(const PE_IMAGE *Image, uint32_t Rva)
{
    uint64_t Available, i;
    const char *Text = (const char *)PepSpan(Image, Rva, &Available);

    if (Text == NULL)
        return NULL;
    for (i = 0; i < Available && i < PE_NAME_LIMIT; i++)
        if (Text[i] == 0)
            return Text;
    return NULL;
}

/* ---- headers ---- */

/* What an MZ file without a PE header is. */
static PE_STATUS PepClassifyOld(PE_IMAGE *Image, const uint8_t *Dos, const uint8_t *Signature)
{
    if (Signature != NULL && Signature[0] == 'N' && Signature[1] == 'E')
        return PepFail(Image, PE_WIN_16, "a 16-bit Windows image");
    if (Signature != NULL && Signature[0] == 'L' && (Signature[1] == 'E' || Signature[1] == 'X'))
        return PepFail(Image, PE_LE_FORMAT, "an OS/2 or virtual device driver image");
    if (Pep16(Dos + 0x18) < 0x40)
        return PepFail(Image, PE_PROTECT, "a DOS program");
    return PepFail(Image, PE_BAD_FORMAT, "no PE header");
}

static PE_STATUS PepReadFileHeader(PE_IMAGE *Image, uint32_t *OptionalBytes)
{
    const uint8_t *Dos = PepAtOffset(Image, 0, 64), *Header;

    if (Image->Length < 2 || Image->Bytes[0] != 'M' || Image->Bytes[1] != 'Z')
        return PepFail(Image, PE_NOT_MZ, "it does not begin with MZ");
    if (Dos == NULL)
        return PepFail(Image, PE_BAD_FORMAT, "the file ends inside its DOS header");
    Image->NtHeaders = Pep32(Dos + 0x3C);
    Header = PepAtOffset(Image, Image->NtHeaders, 4);
    if (Header == NULL || Header[0] != 'P' || Header[1] != 'E' || Header[2] != 0 || Header[3] != 0)
        return PepClassifyOld(Image, Dos, Header);
    if ((Image->NtHeaders & 3) != 0)
        return PepFail(Image, PE_BAD_FORMAT, "the PE header is not aligned");
    Header = PepAtOffset(Image, Image->NtHeaders, 24);
    if (Header == NULL)
        return PepFail(Image, PE_BAD_FORMAT, "the file ends inside its PE header");
    Image->Machine = Pep16(Header + 4);
    Image->SectionCount = Pep16(Header + 6);
    Image->TimeDateStamp = Pep32(Header + 8);
    *OptionalBytes = Pep16(Header + 20);
    Image->Characteristics = Pep16(Header + 22);
    if (Image->Machine == PE_MACHINE_I386)
        return PepFail(Image, PE_WIN_32, "a 32-bit x86 image; only x64 images run");
    if (Image->Machine == PE_MACHINE_ARM64)
        return PepFail(Image, PE_BAD_FORMAT, "an ARM64 image; only x64 images run");
    if (Image->Machine != PE_MACHINE_X64)
        return PepFail(Image, PE_BAD_FORMAT, "an image for another processor; only x64 images run");
    if (!(Image->Characteristics & PE_FILE_EXECUTABLE))
        return PepFail(Image, PE_BAD_FORMAT, "an object file, or the linker reported errors");
    return PE_OK;
}

static PE_STATUS PepReadDirectories(PE_IMAGE *Image, const uint8_t *Optional,
                                    uint32_t OptionalBytes)
{
    uint32_t Count = Pep32(Optional + 108), i;

    if (Count > PE_DIRECTORY_COUNT)
        Count = PE_DIRECTORY_COUNT;
    if (PEP_OPTIONAL_BYTES + Count * 8 > OptionalBytes)
        return PepFail(Image, PE_BAD_FORMAT, "more directories than the optional header holds");
    for (i = 0; i < Count; i++) {
        PE_DIRECTORY *Directory = &Image->Directory[i];

        Directory->Rva = Pep32(Optional + PEP_OPTIONAL_BYTES + i * 8);
        Directory->Size = Pep32(Optional + PEP_OPTIONAL_BYTES + i * 8 + 4);
        if (Directory->Rva == 0)
            Directory->Size = 0;
        if (i == PE_DIRECTORY_SECURITY || Directory->Size == 0)
            continue; /* the first is a file offset and never mapped */
        if (Directory->Rva >= Image->SizeOfImage ||
            Directory->Size > Image->SizeOfImage - Directory->Rva)
            return PepFail(Image, PE_BAD_FORMAT, "a directory lies outside of the image");
    }
    return PE_OK;
}

static PE_STATUS PepReadOptionalHeader(PE_IMAGE *Image, uint32_t OptionalBytes)
{
    const uint8_t *Optional = PepAtOffset(Image, (uint64_t)Image->NtHeaders + 24, OptionalBytes);
    uint64_t RoundedImage;

    if (Optional == NULL || OptionalBytes < PEP_OPTIONAL_BYTES)
        return PepFail(Image, PE_BAD_FORMAT, "the optional header is cut short");
    if (Pep16(Optional) != 0x20B)
        return PepFail(Image, PE_BAD_FORMAT, "the optional header is not PE32+");
    Image->EntryPoint = Pep32(Optional + 16);
    Image->ImageBase = Pep64(Optional + 24);
    Image->SectionAlignment = Pep32(Optional + 32);
    Image->FileAlignment = Pep32(Optional + 36);
    Image->MajorSubsystem = Pep16(Optional + 48);
    Image->MinorSubsystem = Pep16(Optional + 50);
    Image->SizeOfImage = Pep32(Optional + 56);
    Image->SizeOfHeaders = Pep32(Optional + 60);
    Image->CheckSum = Pep32(Optional + 64);
    Image->Subsystem = Pep16(Optional + 68);
    Image->DllCharacteristics = Pep16(Optional + 70);
    Image->StackReserve = Pep64(Optional + 72);
    Image->StackCommit = Pep64(Optional + 80);
    if (!PepIsPowerOfTwo(Image->SectionAlignment) || !PepIsPowerOfTwo(Image->FileAlignment) ||
        Image->FileAlignment > Image->SectionAlignment)
        return PepFail(Image, PE_BAD_FORMAT, "impossible alignments");
    if (Image->SectionAlignment < PE_PAGE ? Image->FileAlignment != Image->SectionAlignment
                                          : Image->FileAlignment < 512)
        return PepFail(Image, PE_BAD_FORMAT,
                       "the file alignment does not go with the section alignment");
    if (!Image->IsMapped &&
        (Image->ImageBase & 0xFFFF) != 0) /* in memory it says where the image is */
        return PepFail(Image, PE_BAD_FORMAT, "the image base is not a multiple of 64 KiB");
    RoundedImage = PepRoundUp(Image->SizeOfImage, PE_PAGE);
    if (RoundedImage == 0 || RoundedImage > PE_IMAGE_LIMIT)
        return PepFail(Image, PE_BAD_FORMAT, "an impossible image size");
    Image->SizeOfImage = (uint32_t)RoundedImage;
    if (Image->SizeOfHeaders == 0 || Image->SizeOfHeaders > Image->SizeOfImage ||
        PepAtOffset(Image, 0, Image->SizeOfHeaders) == NULL)
        return PepFail(Image, PE_BAD_FORMAT, "the headers are cut short");
    if (Image->EntryPoint >= Image->SizeOfImage)
        return PepFail(Image, PE_BAD_FORMAT, "the entry point lies outside of the image");
    return PepReadDirectories(Image, Optional, OptionalBytes);
}

/* Sections follow the headers and each other without a gap, each within the file. */
static PE_STATUS PepCheckSections(PE_IMAGE *Image, uint32_t OptionalBytes)
{
    uint64_t Next = PepRoundUp(Image->SizeOfHeaders, Image->SectionAlignment);
    PE_SECTION Section;
    uint32_t i;

    Image->SectionTable = Image->NtHeaders + 24 + OptionalBytes;
    if (Image->SectionCount == 0 || Image->SectionCount > PE_SECTION_LIMIT)
        return PepFail(Image, PE_BAD_FORMAT, "no sections, or more than 96");
    if ((uint64_t)Image->SectionTable + Image->SectionCount * PEP_SECTION_BYTES >
        Image->SizeOfHeaders)
        return PepFail(Image, PE_BAD_FORMAT, "the section table does not fit in the headers");
    for (i = 0; i < Image->SectionCount; i++) {
        PeGetSection(Image, i, &Section);
        if (Section.Rva != Next)
            return PepFail(Image, PE_BAD_FORMAT, "the sections are not adjacent");
        if (Section.VirtualSize == 0)
            return PepFail(Image, PE_BAD_FORMAT, "an empty section");
        if (!Image->IsMapped && Section.FileSize != 0 &&
            PepAtOffset(Image, Section.FileOffset, Section.FileSize) == NULL)
            return PepFail(Image, PE_BAD_FORMAT, "the file ends inside a section");
        if (PepIsFlat(Image) && Section.FileSize != 0 && Section.FileOffset != Section.Rva)
            return PepFail(Image, PE_BAD_FORMAT,
                           "a section of an unaligned image is not at its file offset");
        if (PepRoundUp(Next + Section.VirtualSize, PE_PAGE) > Image->SizeOfImage)
            return PepFail(Image, PE_BAD_FORMAT, "a section lies outside of the image");
        Next = PepRoundUp(Next + Section.VirtualSize, Image->SectionAlignment);
    }
    return PE_OK;
}

static PE_STATUS PepOpen(PE_IMAGE *Image, const void *Bytes, uint64_t Length, int IsMapped)
{
    uint32_t OptionalBytes = 0;
    PE_STATUS Status;

    *Image = (PE_IMAGE){ .Bytes = Bytes, .Length = Length, .IsMapped = IsMapped };
    Status = PepReadFileHeader(Image, &OptionalBytes);
    if (Status == PE_OK)
        Status = PepReadOptionalHeader(Image, OptionalBytes);
    if (Status == PE_OK && IsMapped && Length < Image->SizeOfImage)
        Status = PepFail(Image, PE_BAD_FORMAT, "the image is larger than its memory");
    if (Status == PE_OK)
        Status = PepCheckSections(Image, OptionalBytes);
    return Status;
}

PE_STATUS PeOpenFile(PE_IMAGE *Image, const void *Bytes, uint64_t Length)
{
    return PepOpen(Image, Bytes, Length, 0);
}

PE_STATUS PeOpenMapped(PE_IMAGE *Image, const void *Base, uint64_t Length)
{
    return PepOpen(Image, Base, Length, 1);
}

/* ---- checksum ---- */

static uint32_t PepFold(uint64_t Sum)
{
    while (Sum >> 16)
        Sum = (Sum & 0xFFFF) + (Sum >> 16);
    return (uint32_t)Sum;
}

/* The 16-bit one's complement sum of all but the field itself, plus the length. */
uint32_t PeComputeCheckSum(const void *Bytes, uint64_t Length, uint64_t CheckSumOffset)
{
    const uint8_t *Byte = Bytes;
    uint64_t Sum = 0, i;

    for (i = 0; i < Length; i++)
        if (i - CheckSumOffset >= 4)
            Sum += (uint64_t)Byte[i] << (8 * (i & 1));
    return (uint32_t)(PepFold(Sum) + Length);
}

PE_STATUS PeVerifyCheckSum(PE_IMAGE *Image)
{
    if (Image->CheckSum != 0 &&
        Image->CheckSum !=
            PeComputeCheckSum(Image->Bytes, Image->Length, (uint64_t)Image->NtHeaders + 24 + 64))
        return PepFail(Image, PE_CHECKSUM, "the header's checksum is not the file's");
    return PE_OK;
}

/* ---- all directories ---- */

static PE_STATUS PepValidateImports(PE_IMAGE *Image)
{
    PE_IMPORT_MODULE Module = { 0 };
    PE_STATUS Status;
    uint64_t Total = 0;

    while ((Status = PeNextImportModule(Image, &Module)) == PE_OK) {
        PE_IMPORT Import = { 0 };

        while ((Status = PeNextImport(Image, &Module, &Import)) == PE_OK)
            ;
        if (Status != PE_END)
            return Status;
        Total += Import.Index + 1; /* tables may overlap: the sum is not bounded by the file */
        if (Total > PE_IMPORT_LIMIT)
            return PepFail(Image, PE_BAD_FORMAT, "too many imports");
    }
    return Status == PE_END ? PE_OK : Status;
}

static PE_STATUS PepValidateExports(PE_IMAGE *Image)
{
    PE_EXPORT Export = { 0 };
    PE_STATUS Status;

    while ((Status = PeNextExport(Image, &Export)) == PE_OK)
        ;
    return Status == PE_END ? PE_OK : Status;
}

static PE_STATUS PepValidateRelocations(PE_IMAGE *Image)
{
    PE_RELOCATION Relocation = { 0 };
    PE_STATUS Status;

    while ((Status = PeNextRelocation(Image, &Relocation)) == PE_OK)
        ;
    return Status == PE_END ? PE_OK : Status;
}

/* Functions ascend, do not overlap, lie in the image, and so does what they point to. */
static PE_STATUS PepValidateFunctions(PE_IMAGE *Image)
{
    PE_DIRECTORY Directory = Image->Directory[PE_DIRECTORY_EXCEPTION];
    const uint8_t *Entry = PeAtRva(Image, Directory.Rva, Directory.Size);
    uint32_t Last = 0, i, Begin, End, Data;

    if (Directory.Size == 0)
        return PE_OK;
    if (Entry == NULL || (Directory.Rva & 3) != 0)
        return PepFail(Image, PE_BAD_FORMAT, "the function table lies outside of the file");
    for (i = 0; i < Directory.Size / 12; i++, Entry += 12) {
        Begin = Pep32(Entry);
        End = Pep32(Entry + 4);
        Data = Pep32(Entry + 8);
        if (Begin == 0 && End == 0 && Data == 0)
            continue; /* room left by an incremental link */
        if (Begin < Last || End <= Begin || End > Image->SizeOfImage ||
            (Data & ~3u) > Image->SizeOfImage - 4)
            return PepFail(Image, PE_BAD_FORMAT, "a bad entry in the function table");
        Last = End;
    }
    return PE_OK;
}

static PE_STATUS PepValidateLoadConfig(PE_IMAGE *Image)
{
    PE_DIRECTORY Directory = Image->Directory[PE_DIRECTORY_LOAD_CONFIG];
    uint32_t Rva;

    if (Directory.Size == 0)
        return PE_OK;
    if (PeAtRva(Image, Directory.Rva, 4) == NULL)
        return PepFail(Image, PE_BAD_FORMAT, "the load configuration lies outside of the file");
    if (PeFindCookie(Image, &Rva) == PE_BAD_FORMAT)
        return PepFail(Image, PE_BAD_FORMAT, "the security cookie lies outside of the image");
    return PE_OK;
}

static PE_STATUS PepValidateTls(PE_IMAGE *Image)
{
    PE_DIRECTORY Directory = Image->Directory[PE_DIRECTORY_TLS];
    const uint8_t *Tls = PeAtRva(Image, Directory.Rva, 40);

    if (Directory.Size == 0)
        return PE_OK;
    if (Tls == NULL || Pep64(Tls + 8) < Pep64(Tls))
        return PepFail(Image, PE_BAD_FORMAT, "a bad TLS directory");
    return PE_OK;
}

PE_STATUS PeValidate(PE_IMAGE *Image)
{
    static PE_STATUS (*const Checks[])(PE_IMAGE *) = { PepValidateImports,     PepValidateExports,
                                                       PepValidateRelocations, PepValidateFunctions,
                                                       PepValidateLoadConfig,  PepValidateTls };
    PE_STATUS Status = PE_OK;
    uint32_t i;

    for (i = 0; i < sizeof(Checks) / sizeof(Checks[0]) && Status == PE_OK; i++)
        Status = Checks[i](Image);
    return Status;
}
