/* In place of the guest kernel's lib.h. */
#include <string.h>
