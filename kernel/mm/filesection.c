/*
 * What file systems and filters ask mm about the sections of a file, known by its
 * SECTION_OBJECT_POINTERS. There are data sections only: no image section ever stands in the way.
 */
#include "../ps/ps.h"
#include "mi.h"

NT_EXPORT(MmFlushImageSection);
BOOLEAN NTAPI MmFlushImageSection(PSECTION_OBJECT_POINTERS SectionObjectPointer,
                                  MMFLUSH_TYPE FlushType)
{
    /* Only a deletion minds data sections that are mapped by users. [doc: MmFlushImageSection] */
    return FlushType != MmFlushForDelete || !MiIsFileMapped(SectionObjectPointer, NULL);
}

NT_EXPORT(MmForceSectionClosed);
BOOLEAN NTAPI MmForceSectionClosed(PSECTION_OBJECT_POINTERS SectionObjectPointer,
                                   BOOLEAN DelayClose)
{
    UNREFERENCED_PARAMETER(DelayClose);
    return !MiIsFileMapped(SectionObjectPointer, NULL);
}

/* A file may shrink unless some view reaches past its new end; NULL means to nothing. */
NT_EXPORT(MmCanFileBeTruncated);
BOOLEAN NTAPI MmCanFileBeTruncated(PSECTION_OBJECT_POINTERS SectionPointer,
                                   PLARGE_INTEGER NewFileSize)
{
    LARGE_INTEGER Nothing = {.QuadPart = 0};

    return !MiIsFileMapped(SectionPointer, NewFileSize != NULL ? NewFileSize : &Nothing);
}

NT_EXPORT(MmDoesFileHaveUserWritableReferences);
ULONG NTAPI MmDoesFileHaveUserWritableReferences(PSECTION_OBJECT_POINTERS SectionPointer)
{
    return MiCountWritableViews(SectionPointer);
}
