#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# usage: make_local.sh SYMBOL ARCHIVE.a OBJECT.o
#
# Joins all members of an archive into one object in which only SYMBOL is visible, so that the same
# source, built for several kinds of CPU, can be linked into one program.
set -eu
symbol=$1 archive=$2 object=$3
# Inline functions come in groups of which the linker keeps one for all objects: they become plain sections here.
ld -r --force-group-allocation --whole-archive "$archive" -o "$object.joined"
objcopy --keep-global-symbol="$symbol" "$object.joined" "$object"
rm -f "$object.joined"
if nm "$object" | grep -q ' [WVu] '; then
    echo "$object has weak symbols, of which the linker would take one for all kinds of CPU:" >&2
    nm -C "$object" | grep ' [WVu] ' | head -n 5 >&2
    rm -f "$object"
    exit 1
fi
