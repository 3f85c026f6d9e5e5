/* The few compiler attributes that the house uses, under readable names. */
#ifndef CLINICD_BASE_ATTRIBUTES_H
#define CLINICD_BASE_ATTRIBUTES_H

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#define NO_RETURN __attribute__((noreturn))
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#endif
