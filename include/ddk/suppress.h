/* <suppress.h> names warnings of Microsoft's analysers; sources use it in pragmas that other compilers ignore. */
#pragma once
