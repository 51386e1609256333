/* pe.c and pedir.c: what they share. */
#pragma once

#include "pe.h"

#define PEP_OPTIONAL_BYTES 112u /* of PE32+, without the directories */
#define PEP_SECTION_BYTES 40u

static inline uint16_t Pep16(const uint8_t *At)
{
    return (uint16_t)(At[0] | At[1] << 8);
}

static inline uint32_t Pep32(const uint8_t *At)
{
    return Pep16(At) | (uint32_t)Pep16(At + 2) << 16;
}

static inline uint64_t Pep64(const uint8_t *At)
{
    return Pep32(At) | (uint64_t)Pep32(At + 4) << 32;
}

/* Notes the reason and gives Status back. */
PE_STATUS PepFail(PE_IMAGE *Image, PE_STATUS Status, const char *Reason);
