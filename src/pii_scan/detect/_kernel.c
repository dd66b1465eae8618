/* The hot loops of `pii_scan.detect`: where matches can begin, walks of automata, context words near spans, names; those
   of `pii_scan.record_dates`; and whether text is UTF-8.

   Each does what the NumPy code beside it does, which is its oracle. All arrays belong to Python; every length, item
   size and index is checked, so that no bytes and no table, whatever they hold, let a read leave a buffer. */

#include "_kernel.h"

#include <string.h>

static int column_take(Column *column, PyObject *object, const char *name, const char *kinds, Py_ssize_t size, int writable)
{
    const char *format;

    if (PyObject_GetBuffer(object, &column->view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0))) {
        return -1;
    }
    format = column->view.format ? column->view.format : "B";
    if (column->view.itemsize != size || strlen(format) != 1 || strchr(kinds, format[0]) == NULL) {
        PyBuffer_Release(&column->view);
        PyErr_Format(PyExc_TypeError, "%s: an array of another kind", name);
        return -1;
    }
    column->held = 1;
    column->data = column->view.buf;
    column->length = column->view.len / size;
    return 0;
}

void columns_release(Column *columns, int count)
{
    for (int i = 0; i < count; i++) {
        if (columns[i].held) {
            PyBuffer_Release(&columns[i].view);
        }
    }
}

/* Takes `count` arguments in the order of `wanted`. The columns that were taken must be released in either case. */
int columns_take(Column *columns, PyObject *const *objects, const Wanted *wanted, int count)
{
    for (int i = 0; i < count; i++) {
        columns[i].held = 0;
    }
    for (int i = 0; i < count; i++) {
        const Wanted *one = &wanted[i];
        if (column_take(&columns[i], objects[i], one->name, one->kinds, one->size, one->writable)) {
            return -1;
        }
    }
    return 0;
}

static PyMethodDef methods[] = {
    {"laid_out", kernel_laid_out, METH_VARARGS, NULL},
    {"all_digits", kernel_all_digits, METH_VARARGS, NULL},
    {"several_words", kernel_several_words, METH_VARARGS, NULL},
    {"holds_high", kernel_holds_high, METH_VARARGS, NULL},
    {"is_utf8", kernel_is_utf8, METH_O, NULL},
    {"places", kernel_places, METH_VARARGS, NULL},
    {"picked", kernel_picked, METH_VARARGS, NULL},
    {"anchored", kernel_anchored, METH_VARARGS, NULL},
    {"walk", kernel_walk, METH_VARARGS, NULL},
    {"nearest", kernel_nearest, METH_VARARGS, NULL},
    {"room", kernel_room, METH_VARARGS, NULL},
    {"tokens", kernel_tokens, METH_VARARGS, NULL},
    {"parts", kernel_parts, METH_VARARGS, NULL},
    {"affixes", kernel_affixes, METH_VARARGS, NULL},
    {"enter", kernel_enter, METH_VARARGS, NULL},
    {"listed", kernel_listed, METH_VARARGS, NULL},
    {"among", kernel_among, METH_VARARGS, NULL},
    {"glued", kernel_glued, METH_VARARGS, NULL},
    {"single_case", kernel_single_case, METH_VARARGS, NULL},
    {"features", kernel_features, METH_VARARGS, NULL},
    {"weighed", kernel_weighed, METH_VARARGS, NULL},
    {"tags", kernel_tags, METH_VARARGS, NULL},
    {"stamps", kernel_stamps, METH_VARARGS, NULL},
    {"lines", kernel_lines, METH_VARARGS, NULL},
    {"keyed", kernel_keyed, METH_VARARGS, NULL},
    {"days", kernel_days, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "pii_scan.detect._kernel", "The hot loops of detection, of dates and of reading text, compiled.", 0,
    methods, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__kernel(void)
{
    return PyModuleDef_Init(&definition);
}
