/* drydock boot, which shutdown /r calls too. */
#pragma once

int cli_boot(int argc, char **argv);
