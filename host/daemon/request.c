/* See request.h. The text comes from outside. */
#include "daemon/request.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static bool take_text(const json_t *object, const char *key, char *to, size_t limit)
{
    const json_t *value = json_object_get(object, key);
    size_t bytes = json_string_length(value);
    const char *text = json_string_value(value);

    if (text == NULL || bytes == 0 || bytes >= limit || memchr(text, '\0', bytes) != NULL)
        return false;
    memcpy(to, text, bytes + 1);
    return true;
}

/* The machine's session manager takes path and command line with a tab between. */
static bool take_exec(struct request *request, const json_t *object, const char **why)
{
    request->verb = REQUEST_EXEC;
    *why = "its path or command line is missing, too long or malformed";
    return take_text(object, "path", request->path, sizeof(request->path)) &&
           take_text(object, "command", request->command, sizeof(request->command)) &&
           strchr(request->path, '\t') == NULL;
}

static bool take_show(struct request *request, const json_t *object, const char **why)
{
    const char *what = json_string_value(json_object_get(object, "what"));
    const json_t *value = json_object_get(object, "guid");
    const char *guid = json_string_value(value);

    request->verb = REQUEST_SHOW;
    *why = "it asks for nothing that a machine shows";
    if (what == NULL ||
        (strcmp(what, "tree") != 0 && strcmp(what, "devices") != 0 &&
         strcmp(what, "summary") != 0 && strcmp(what, "power") != 0 && strcmp(what, "wmi") != 0))
        return false;
    if (guid == NULL || strlen(guid) != json_string_length(value) || strlen(guid) > 38 ||
        strspn(guid, "{}-0123456789abcdefABCDEF") != strlen(guid))
        return false;
    snprintf(request->show, sizeof(request->show), "%s\t%s", what, guid);
    return true;
}

static bool take_power(struct request *request, const json_t *object, const char **why)
{
    const json_t *state = json_object_get(object, "state");
    json_int_t number = json_integer_value(state);

    request->verb = REQUEST_POWER;
    *why = "its state is none";
    if (!json_is_integer(state) || number < 0 || number > 5)
        return false;
    request->state = (unsigned)number;
    return true;
}

static bool take_verb(struct request *request, const json_t *object, const char **why)
{
    const char *verb = json_string_value(json_object_get(object, "verb"));

    *why = "it names no verb that a machine knows";
    if (verb == NULL)
        return false;
    if (strcmp(verb, "exec") == 0)
        return take_exec(request, object, why);
    if (strcmp(verb, "show") == 0)
        return take_show(request, object, why);
    if (strcmp(verb, "power") == 0)
        return take_power(request, object, why);
    request->since_boot = json_is_true(json_object_get(object, "since_boot"));
    request->once = json_is_true(json_object_get(object, "once"));
    request->verb = strcmp(verb, "debug") == 0    ? REQUEST_DEBUG
                    : strcmp(verb, "status") == 0 ? REQUEST_STATUS
                                                  : REQUEST_SHUTDOWN;
    return request->verb != REQUEST_SHUTDOWN || strcmp(verb, "shutdown") == 0;
}

bool request_parse(struct request *request, const void *text, size_t bytes, const char **why)
{
    json_t *object = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, NULL);
    bool fine = false;

    memset(request, 0, sizeof(*request));
    *why = "it is no JSON object";
    if (json_is_object(object))
        fine = take_verb(request, object, why);
    json_decref(object);
    return fine;
}
