#include <zlib.h>

// inflateInit2 is a macro, which Swift does not import. 16 + 15 window bits: a gzip header, the largest window.
static inline int convtop_inflate_init_gzip(z_stream *stream) {
  return inflateInit2(stream, 16 + 15);
}
