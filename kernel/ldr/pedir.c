/*
 * Walks over the directories of a PE32+ image: imports, exports, relocations, load configuration,
 * resources. See pe.h. Bound imports and delay imports are not read: the first are rebound, the
 * second are the image's own business.
 */
#include "pe.h"
#include "pep.h"

/* ---- imports ---- */

#define PEP_IMPORT_DESCRIPTOR_BYTES 20u
#define PEP_ORDINAL_FLAG 0x8000000000000000ull

PE_STATUS PeNextImportModule(PE_IMAGE *Image, PE_IMPORT_MODULE *Module)
{
    PE_DIRECTORY Directory = Image->Directory[PE_DIRECTORY_IMPORT];
    uint64_t Rva = Directory.Rva + (uint64_t)Module->Index * PEP_IMPORT_DESCRIPTOR_BYTES;
    const uint8_t *Descriptor;

    if (Directory.Size == 0)
        return PE_END;
    Descriptor =
        Rva <= UINT32_MAX ? PeAtRva(Image, (uint32_t)Rva, PEP_IMPORT_DESCRIPTOR_BYTES) : NULL;
    if (Descriptor == NULL)
        return PepFail(Image, PE_BAD_FORMAT, "the import table does not end");
    if (Pep32(Descriptor + 12) == 0 || Pep32(Descriptor + 16) == 0)
        return PE_END;
    Module->LookupTable = Pep32(Descriptor);
    Module->AddressTable = Pep32(Descriptor + 16);
    if (Module->LookupTable == 0)
        Module->LookupTable = Module->AddressTable;
    Module->Name = PeStringAt(Image, Pep32(Descriptor + 12));
    if (Module->Name == NULL || Module->Name[0] == 0)
        return PepFail(Image, PE_BAD_FORMAT,
                       "the name of an imported module lies outside of the file");
    if ((Module->AddressTable & 3) != 0) /* lld puts them at multiples of four in mingw programs */
        return PepFail(Image, PE_BAD_FORMAT, "an import address table is not aligned");
    Module->Index++;
    return PE_OK;
}

PE_STATUS PeNextImport(PE_IMAGE *Image, const PE_IMPORT_MODULE *Module, PE_IMPORT *Import)
{
    uint64_t Offset = (uint64_t)Import->Index * 8;
    const uint8_t *Lookup, *Slot;
    uint64_t Value;

    if (Module->LookupTable + Offset > UINT32_MAX || Module->AddressTable + Offset > UINT32_MAX)
        return PepFail(Image, PE_BAD_FORMAT, "an import table does not end");
    Lookup = PeAtRva(Image, (uint32_t)(Module->LookupTable + Offset), 8);
    Slot = PeAtRva(Image, (uint32_t)(Module->AddressTable + Offset), 8);
    if (Lookup == NULL)
        return PepFail(Image, PE_BAD_FORMAT, "an import table does not end");
    Value = Pep64(Lookup);
    if (Value == 0)
        return PE_END;
    if (Slot == NULL)
        return PepFail(Image, PE_BAD_FORMAT, "an import address table lies outside of the file");
    Import->SlotRva = (uint32_t)(Module->AddressTable + Offset);
    Import->Index++;
    Import->Name = NULL;
    Import->Ordinal = (uint16_t)Value;
    if (Value & PEP_ORDINAL_FLAG)
        return PE_OK;
    if (Value > 0x7FFFFFFF || PeAtRva(Image, (uint32_t)Value, 2) == NULL)
        return PepFail(Image, PE_BAD_FORMAT, "an import's name lies outside of the file");
    Import->Ordinal = Pep16(PeAtRva(Image, (uint32_t)Value, 2));
    Import->Name = PeStringAt(Image, (uint32_t)Value + 2);
    if (Import->Name == NULL || Import->Name[0] == 0)
        return PepFail(Image, PE_BAD_FORMAT, "an import's name lies outside of the file");
    return PE_OK;
}

/* ---- exports ---- */

typedef struct PEP_EXPORTS {
    uint32_t OrdinalBase, FunctionCount, NameCount;
    const uint8_t *Functions, *Names, *Ordinals;
} PEP_EXPORTS;

static PE_STATUS PepOpenExports(PE_IMAGE *Image, PEP_EXPORTS *Exports)
{
    PE_DIRECTORY Directory = Image->Directory[PE_DIRECTORY_EXPORT];
    const uint8_t *Header;

    if (Directory.Size == 0)
        return PE_NOT_FOUND;
    Header = PeAtRva(Image, Directory.Rva, 40);
    if (Header == NULL)
        return PepFail(Image, PE_BAD_FORMAT, "the export table lies outside of the file");
    Exports->OrdinalBase = Pep32(Header + 16);
    Exports->FunctionCount = Pep32(Header + 20);
    Exports->NameCount = Pep32(Header + 24);
    if (Exports->FunctionCount > 0x10000 || Exports->NameCount > 0x10000)
        return PepFail(Image, PE_BAD_FORMAT, "more exports than there are ordinals");
    Exports->Functions = PeAtRva(Image, Pep32(Header + 28), Exports->FunctionCount * 4ull);
    Exports->Names = PeAtRva(Image, Pep32(Header + 32), Exports->NameCount * 4ull);
    Exports->Ordinals = PeAtRva(Image, Pep32(Header + 36), Exports->NameCount * 2ull);
    if ((Exports->FunctionCount != 0 && Exports->Functions == NULL) ||
        (Exports->NameCount != 0 && (Exports->Names == NULL || Exports->Ordinals == NULL)))
        return PepFail(Image, PE_BAD_FORMAT, "the export table lies outside of the file");
    return PE_OK;
}

/* Function Index, unbiased. PE_NOT_FOUND for a gap in the ordinals. */
static PE_STATUS PepGetFunction(PE_IMAGE *Image, const PEP_EXPORTS *Exports, uint32_t Index,
                                PE_EXPORT *Export)
{
    PE_DIRECTORY Directory = Image->Directory[PE_DIRECTORY_EXPORT];
    uint32_t Rva;

    if (Index >= Exports->FunctionCount)
        return PepFail(Image, PE_BAD_FORMAT, "an export's ordinal is out of range");
    Rva = Pep32(Exports->Functions + Index * 4);
    Export->Ordinal = Exports->OrdinalBase + Index;
    Export->Rva = 0;
    Export->Forwarder = NULL;
    if (Rva == 0)
        return PE_NOT_FOUND;
    if (Rva >= Image->SizeOfImage)
        return PepFail(Image, PE_BAD_FORMAT, "an export lies outside of the image");
    if (Rva - Directory.Rva >= Directory.Size || Rva < Directory.Rva) {
        Export->Rva = Rva;
        return PE_OK;
    }
    Export->Forwarder = PeStringAt(Image, Rva);
    if (Export->Forwarder == NULL)
        return PepFail(Image, PE_BAD_FORMAT, "a forwarder lies outside of the file");
    return PE_OK;
}

static PE_STATUS PepGetNamed(PE_IMAGE *Image, const PEP_EXPORTS *Exports, uint32_t Index,
                             PE_EXPORT *Export)
{
    Export->Name = PeStringAt(Image, Pep32(Exports->Names + Index * 4));
    if (Export->Name == NULL)
        return PepFail(Image, PE_BAD_FORMAT, "an export's name lies outside of the file");
    return PepGetFunction(Image, Exports, Pep16(Exports->Ordinals + Index * 2), Export);
}

PE_STATUS PeNextExport(PE_IMAGE *Image, PE_EXPORT *Export)
{
    PEP_EXPORTS Exports;
    PE_STATUS Status = PepOpenExports(Image, &Exports);

    if (Status != PE_OK)
        return Status == PE_NOT_FOUND ? PE_END : Status;
    while (Export->Index < Exports.NameCount) {
        Status = PepGetNamed(Image, &Exports, Export->Index++, Export);
        if (Status != PE_NOT_FOUND)
            return Status;
    }
    return PE_END;
}

static int PepCompare(const char *A, const char *B)
{
    while (*A != 0 && *A == *B) {
        A++;
        B++;
    }
    return (int)(unsigned char)*A - (int)(unsigned char)*B;
}

PE_STATUS PeFindExport(PE_IMAGE *Image, const char *Name, PE_EXPORT *Export)
{
    PEP_EXPORTS Exports;
    PE_STATUS Status = PepOpenExports(Image, &Exports);
    uint32_t Low = 0, High, Middle;
    const char *Found;
    int Order;

    if (Status != PE_OK)
        return Status;
    High = Exports.NameCount;
    while (Low < High) { /* names are in byte order */
        Middle = Low + (High - Low) / 2;
        Found = PeStringAt(Image, Pep32(Exports.Names + Middle * 4));
        if (Found == NULL)
            return PepFail(Image, PE_BAD_FORMAT, "an export's name lies outside of the file");
        Order = PepCompare(Name, Found);
        if (Order == 0)
            return PepGetNamed(Image, &Exports, Middle, Export);
        if (Order < 0)
            High = Middle;
        else
            Low = Middle + 1;
    }
    return PE_NOT_FOUND;
}

PE_STATUS PeFindExportByOrdinal(PE_IMAGE *Image, uint32_t Ordinal, PE_EXPORT *Export)
{
    PEP_EXPORTS Exports;
    PE_STATUS Status = PepOpenExports(Image, &Exports);

    if (Status != PE_OK)
        return Status;
    if (Ordinal < Exports.OrdinalBase || Ordinal - Exports.OrdinalBase >= Exports.FunctionCount)
        return PE_NOT_FOUND;
    Export->Name = NULL;
    return PepGetFunction(Image, &Exports, Ordinal - Exports.OrdinalBase, Export);
}

/* ---- relocations ---- */

uint32_t PeRelocationBytes(uint8_t Type)
{
    switch (Type) {
    case PE_RELOCATION_HIGH:
    case PE_RELOCATION_LOW:
        return 2;
    case PE_RELOCATION_HIGHLOW:
        return 4;
    case PE_RELOCATION_DIR64:
        return 8;
    default:
        return 0;
    }
}

/* Enters the next block. PE_END behind the last. */
static PE_STATUS PepNextBlock(PE_IMAGE *Image, PE_RELOCATION *Relocation)
{
    PE_DIRECTORY Directory = Image->Directory[PE_DIRECTORY_RELOCATION];
    const uint8_t *Header;

    Relocation->Block += Relocation->BlockBytes;
    Relocation->BlockBytes = 0;
    Relocation->Entry = 0;
    if (Directory.Size - Relocation->Block < 8)
        return PE_END;
    Header = PeAtRva(Image, Directory.Rva + Relocation->Block, 8);
    if (Header == NULL)
        return PepFail(Image, PE_BAD_FORMAT, "the relocations lie outside of the file");
    Relocation->BlockBytes = Pep32(Header + 4);
    if (Relocation->BlockBytes == 0 && Pep32(Header) == 0) {
        Relocation->Block = Directory.Size; /* padding */
        return PE_END;
    }
    if (Relocation->BlockBytes < 8 || (Relocation->BlockBytes & 1) != 0 ||
        Relocation->BlockBytes > Directory.Size - Relocation->Block ||
        (Pep32(Header) & (PE_PAGE - 1)) != 0 ||
        PeAtRva(Image, Directory.Rva + Relocation->Block, Relocation->BlockBytes) == NULL)
        return PepFail(Image, PE_BAD_FORMAT, "a bad block of relocations");
    return PE_OK;
}

PE_STATUS PeNextRelocation(PE_IMAGE *Image, PE_RELOCATION *Relocation)
{
    PE_DIRECTORY Directory = Image->Directory[PE_DIRECTORY_RELOCATION];
    const uint8_t *Block;
    uint16_t Entry;
    uint64_t Rva;
    PE_STATUS Status;

    if (Directory.Size == 0)
        return PE_END;
    for (;;) {
        while (Relocation->BlockBytes == 0 ||
               8 + (Relocation->Entry + 1) * 2 > Relocation->BlockBytes) {
            Status = PepNextBlock(Image, Relocation);
            if (Status != PE_OK)
                return Status;
        }
        Block = PeAtRva(Image, Directory.Rva + Relocation->Block, Relocation->BlockBytes);
        if (Block == NULL)
            return PepFail(Image, PE_BAD_FORMAT, "the relocations lie outside of the file");
        Entry = Pep16(Block + 8 + Relocation->Entry * 2);
        Relocation->Entry++;
        if (Entry >> 12 != 0)
            break;
    }
    Relocation->Type = (uint8_t)(Entry >> 12);
    Rva = (uint64_t)Pep32(Block) + (Entry & 0xFFF);
    if (PeRelocationBytes(Relocation->Type) == 0)
        return PepFail(Image, PE_BAD_FORMAT, "an unknown kind of relocation");
    if (Rva + PeRelocationBytes(Relocation->Type) > Image->SizeOfImage)
        return PepFail(Image, PE_BAD_FORMAT, "a relocation lies outside of the image");
    Relocation->Rva = (uint32_t)Rva;
    return PE_OK;
}

/* ---- load configuration ---- */

PE_STATUS PeFindCookie(const PE_IMAGE *Image, uint32_t *Rva)
{
    PE_DIRECTORY Directory = Image->Directory[PE_DIRECTORY_LOAD_CONFIG];
    const uint8_t *Config = PeAtRva(Image, Directory.Rva, 4);
    uint64_t Va;

    if (Directory.Size == 0 || Config == NULL || Pep32(Config) < 96)
        return PE_NOT_FOUND; /* too old to have one */
    Config = PeAtRva(Image, Directory.Rva, 96);
    if (Config == NULL)
        return PE_BAD_FORMAT;
    Va = Pep64(Config + 88);
    if (Va == 0)
        return PE_NOT_FOUND;
    Va -= Image->ImageBase;
    if (Va > Image->SizeOfImage - 8 || (Va & 7) != 0)
        return PE_BAD_FORMAT;
    *Rva = (uint32_t)Va;
    return PE_OK;
}

/* ---- resources ---- */

#define PEP_RESOURCE_FLAG 0x80000000u

/* Offset in the directory; NULL when the bytes are not all in it. */
static const uint8_t *PepResourceAt(const PE_IMAGE *Image, uint64_t Offset, uint64_t Bytes)
{
    PE_DIRECTORY Directory = Image->Directory[PE_DIRECTORY_RESOURCE];

    if (Bytes > Directory.Size || Offset > Directory.Size - Bytes)
        return NULL;
    return PeAtRva(Image, Directory.Rva + (uint32_t)Offset, Bytes);
}

static uint16_t PepUpper(uint16_t Char)
{
    return Char >= 'a' && Char <= 'z' ? (uint16_t)(Char - 32) : Char;
}

static int PepResourceNameIs(const PE_IMAGE *Image, uint32_t Offset, const uint16_t *Name)
{
    const uint8_t *Text = PepResourceAt(Image, Offset, 2);
    uint32_t Length, i;

    if (Text == NULL)
        return 0;
    Length = Pep16(Text);
    Text = PepResourceAt(Image, Offset, 2 + Length * 2ull);
    if (Text == NULL)
        return 0;
    for (i = 0; i < Length; i++)
        if (Name[i] == 0 || PepUpper(Pep16(Text + 2 + i * 2)) != PepUpper(Name[i]))
            return 0;
    return Name[Length] == 0;
}

/* Looks Id up in the directory at Offset. *Found: offset with PEP_RESOURCE_FLAG for a subdirectory.
 */
static PE_STATUS PepFindInDirectory(const PE_IMAGE *Image, uint32_t Offset,
                                    const PE_RESOURCE_ID *Id, int TakeFirst, uint32_t *Found)
{
    const uint8_t *Header = PepResourceAt(Image, Offset, 16), *Entry;
    uint32_t Count, i, Key;

    if (Header == NULL)
        return PE_BAD_FORMAT;
    Count = Pep16(Header + 12) + (uint32_t)Pep16(Header + 14);
    Entry = PepResourceAt(Image, (uint64_t)Offset + 16, Count * 8ull);
    if (Entry == NULL)
        return PE_BAD_FORMAT;
    for (i = 0; i < Count; i++, Entry += 8) {
        Key = Pep32(Entry);
        *Found = Pep32(Entry + 4);
        if (TakeFirst)
            return PE_OK;
        if (Key & PEP_RESOURCE_FLAG) {
            if (Id->Name != NULL && PepResourceNameIs(Image, Key & ~PEP_RESOURCE_FLAG, Id->Name))
                return PE_OK;
        } else if (Id->Name == NULL && Key == Id->Id) {
            return PE_OK;
        }
    }
    return PE_NOT_FOUND;
}

PE_STATUS PeFindResource(const PE_IMAGE *Image, const PE_RESOURCE_ID *Path, uint32_t Levels,
                         uint32_t *Entry, uint32_t *Missing)
{
    PE_DIRECTORY Directory = Image->Directory[PE_DIRECTORY_RESOURCE];
    uint32_t Offset = PEP_RESOURCE_FLAG, Level;
    PE_STATUS Status;

    for (Level = 0; Level < Levels; Level++) {
        *Missing = Level;
        if (Directory.Size == 0)
            return PE_NOT_FOUND;
        if (!(Offset & PEP_RESOURCE_FLAG))
            return PE_BAD_FORMAT;
        Status = PepFindInDirectory(Image, Offset & ~PEP_RESOURCE_FLAG, &Path[Level],
                                    Level == 2 && Path[Level].Name == NULL && Path[Level].Id == 0,
                                    &Offset);
        if (Status != PE_OK)
            return Status;
    }
    if (Levels == 3 && ((Offset & PEP_RESOURCE_FLAG) || PepResourceAt(Image, Offset, 16) == NULL))
        return PE_BAD_FORMAT;
    if (Levels < 3 && !(Offset & PEP_RESOURCE_FLAG))
        return PE_BAD_FORMAT;
    *Entry = Directory.Rva + (Offset & ~PEP_RESOURCE_FLAG);
    return PE_OK;
}
