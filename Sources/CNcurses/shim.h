// What of ncurses Swift cannot import by itself: globals that strict concurrency rejects, macros and variadic calls.
#ifndef CONVTOP_CNCURSES_H
#define CONVTOP_CNCURSES_H

#define NCURSES_WIDECHAR 1
#define _XOPEN_SOURCE_EXTENDED 1
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>

// Takes over the terminal; NULL when its type is unknown. setlocale must come first for wide characters.
static inline SCREEN *convtop_open(const char *type) {
  set_escdelay(25);  // Otherwise a lone Escape waits for a whole second.
  SCREEN *screen = newterm((char *)type, stdout, stdin);
  if (!screen) return NULL;
  set_term(screen);
  cbreak();
  noecho();
  nonl();
  intrflush(stdscr, FALSE);
  keypad(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  leaveok(stdscr, TRUE);
  return screen;
}

// Turns colours on; returns whether -1 means the terminal's own colours. A monochrome terminal must not come here.
static inline int convtop_start_colors(void) {
  start_color();
  return use_default_colors() == OK;
}

static inline int convtop_has_colors(void) { return has_colors(); }
static inline int convtop_colors(void) { return COLORS; }
static inline int convtop_columns(void) { return COLS; }
static inline int convtop_rows(void) { return LINES; }
static inline int convtop_uses_utf8(void) {
  const char *set = nl_langinfo(CODESET);
  return set && set[0] == 'U' && set[1] == 'T' && set[2] == 'F' && set[3] == '-' && set[4] == '8';
}

static inline void convtop_put(int row, int column, wchar_t character, int bold, int reversed, int pair) {
  wchar_t text[2] = {character, 0};
  attr_t attributes = (bold ? A_BOLD : 0) | (reversed ? A_REVERSE : 0);
  cchar_t cell;
  // The extended form: a pair's number may not fit the short one.
  setcchar(&cell, text, attributes, 0, &pair);
  mvadd_wch(row, column, &cell);
}

// Writes a sequence past ncurses.
static inline void convtop_write_raw(const char *text) {
  fputs(text, stdout);
  fflush(stdout);
}

static inline void convtop_flush(void) {
  wnoutrefresh(stdscr);
  doupdate();
}

static inline void convtop_resize(int rows, int columns) { resizeterm(rows, columns); }

// The next write repaints everything, whatever the screen holds now.
static inline void convtop_repaint(void) { clearok(curscr, TRUE); }

static inline void convtop_erase(void) { erase(); }
static inline void convtop_hide_cursor(void) { curs_set(0); }

// The next key without waiting: its code, with 0x1000000 added for function keys; -1 when there is none.
static inline int convtop_key(void) {
  wint_t code = 0;
  int kind = get_wch(&code);
  if (kind == ERR) return -1;
  return kind == KEY_CODE_YES ? (int)code + 0x1000000 : (int)code;
}

enum {
  convtop_key_up = KEY_UP + 0x1000000,
  convtop_key_down = KEY_DOWN + 0x1000000,
  convtop_key_left = KEY_LEFT + 0x1000000,
  convtop_key_right = KEY_RIGHT + 0x1000000,
  convtop_key_back_tab = KEY_BTAB + 0x1000000,
  convtop_key_enter = KEY_ENTER + 0x1000000,
  convtop_key_page_up = KEY_PPAGE + 0x1000000,
  convtop_key_page_down = KEY_NPAGE + 0x1000000,
  convtop_key_home = KEY_HOME + 0x1000000,
  convtop_key_end = KEY_END + 0x1000000,
  convtop_key_backspace = KEY_BACKSPACE + 0x1000000,
  convtop_key_delete = KEY_DC + 0x1000000,
  convtop_key_function = KEY_F0 + 0x1000000,
  // The beginning of what the mouse says, which is a key of our own.
  convtop_key_mouse = KEY_MAX + 1 + 0x1000000,
  convtop_key_answer = KEY_MAX + 2 + 0x1000000,
};

// Has the beginnings of what a terminal says be keys: of a mouse report, "ESC [ <", whatever the terminal's entry calls the
// mouse, and of late answers to questions, "ESC ] 11 ;" and "ESC [ ?".
static inline void convtop_expect_reports(void) {
  define_key("\033[<", KEY_MAX + 1);
  define_key("\033]11;", KEY_MAX + 2);
  define_key("\033[?", KEY_MAX + 2);
}

// Terminals send Home and End in three more ways, and function keys as xterm does, whatever their entry says.
static inline void convtop_expect_more_keys(void) {
  static const char *const functions[] = {"\033OP",   "\033OQ",   "\033OR",   "\033OS",   "\033[15~", "\033[17~",
                                          "\033[18~", "\033[19~", "\033[20~", "\033[21~", "\033[23~", "\033[24~"};
  for (int number = 0; number < 12; number++) define_key(functions[number], KEY_F(number + 1));
  define_key("\033[1~", KEY_HOME);
  define_key("\033[7~", KEY_HOME);
  define_key("\033[H", KEY_HOME);
  define_key("\033[4~", KEY_END);
  define_key("\033[8~", KEY_END);
  define_key("\033[F", KEY_END);
}

// A terminal's string by its terminfo name; NULL when it has none.
static inline const char *convtop_string(const char *name) {
  const char *text = tigetstr((char *)name);
  return text == (char *)-1 ? NULL : text;
}

static inline int convtop_can_move_cursor(void) { return convtop_string("cup") != NULL; }

#endif
