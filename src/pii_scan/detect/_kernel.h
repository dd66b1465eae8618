/* What the files of the kernel share. */

#ifndef PII_SCAN_KERNEL_H
#define PII_SCAN_KERNEL_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>

/* A one-dimensional view of an array of Python's; held once it is taken. */
typedef struct {
    Py_buffer view;
    void *data;
    Py_ssize_t length; /* items */
    int held;
} Column;

/* What an argument must be: the letters of `struct` that its items may have, their size, whether it is written. */
typedef struct {
    const char *name, *kinds;
    Py_ssize_t size;
    int writable;
} Wanted;

int columns_take(Column *columns, PyObject *const *objects, const Wanted *wanted, int count);
void columns_release(Column *columns, int count);

PyObject *kernel_laid_out(PyObject *self, PyObject *args);
PyObject *kernel_all_digits(PyObject *self, PyObject *args);
PyObject *kernel_several_words(PyObject *self, PyObject *args);
PyObject *kernel_holds_high(PyObject *self, PyObject *args);
PyObject *kernel_is_utf8(PyObject *self, PyObject *bytes);
PyObject *kernel_places(PyObject *self, PyObject *args);
PyObject *kernel_picked(PyObject *self, PyObject *args);
PyObject *kernel_anchored(PyObject *self, PyObject *args);
PyObject *kernel_walk(PyObject *self, PyObject *args);
PyObject *kernel_nearest(PyObject *self, PyObject *args);
PyObject *kernel_room(PyObject *self, PyObject *args);
PyObject *kernel_tokens(PyObject *self, PyObject *args);
PyObject *kernel_parts(PyObject *self, PyObject *args);
PyObject *kernel_affixes(PyObject *self, PyObject *args);
PyObject *kernel_enter(PyObject *self, PyObject *args);
PyObject *kernel_listed(PyObject *self, PyObject *args);
PyObject *kernel_among(PyObject *self, PyObject *args);
PyObject *kernel_glued(PyObject *self, PyObject *args);
PyObject *kernel_single_case(PyObject *self, PyObject *args);
PyObject *kernel_features(PyObject *self, PyObject *args);
PyObject *kernel_weighed(PyObject *self, PyObject *args);
PyObject *kernel_tags(PyObject *self, PyObject *args);
PyObject *kernel_stamps(PyObject *self, PyObject *args);
PyObject *kernel_lines(PyObject *self, PyObject *args);
PyObject *kernel_keyed(PyObject *self, PyObject *args);
PyObject *kernel_days(PyObject *self, PyObject *args);

#endif
