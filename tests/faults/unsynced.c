/*
 * A file layer that drops unsynced writes: what a power cut would leave of one folder.
 *
 * Loaded before a program by LD_PRELOAD, it lets every call through and keeps, beside the folder, the state that would
 * survive if the machine lost power now:
 *   - the content of a file as of its last fsync or fdatasync;
 *   - names (created, renamed, linked) as of the last fsync of the folder that holds them, and removed names at once (`late`);
 *     or all names at once, whatever their content (`early`, which file systems are also free to do);
 *   - nothing of SQLite's shared-memory index (-shm), which is made anew.
 * sync_file_range, O_SYNC, msync, sync and syncfs make nothing durable here.
 *
 * UNSYNCED_ROOT   the folder that is watched
 * UNSYNCED_STATE  where the state is kept: another, empty folder on the same file system
 * UNSYNCED_NAMES  `late` or `early`
 *
 * The state: `lock` is locked while it changes; `root` is a link to the folder's entry; an entry `d<inode>` is a folder whose
 * names are links to `d<inode>` or `f<inode>`; `f<inode>` is the durable content of a file. `p<inode>` is a second name of
 * the real file: it keeps the number of a file that is still durable somewhere from being given to another.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[PATH_MAX], state[PATH_MAX];
static bool is_active, is_early;
static int lock_file = -1;
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
/* The layer's own calls pass through untouched. */
static __thread bool is_inside;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void stop(const char *what) {
    fprintf(stderr, "unsynced: %s: %s\n", what, strerror(errno));
    abort();
}

static void enter(void) {
    pthread_mutex_lock(&one_at_a_time);
    is_inside = true;
    while (flock(lock_file, LOCK_EX) != 0) {
        if (errno != EINTR) stop("lock");
    }
}

static void leave(void) {
    flock(lock_file, LOCK_UN);
    is_inside = false;
    pthread_mutex_unlock(&one_at_a_time);
}

static void in_state(char *out, const char *form, ...) {
    va_list arguments;
    va_start(arguments, form);
    char name[PATH_MAX];
    vsnprintf(name, sizeof name, form, arguments);
    va_end(arguments);
    if (snprintf(out, PATH_MAX, "%s/%s", state, name) >= PATH_MAX) stop("a path is too long");
}

static bool is_in_root(const char *path) {
    size_t length = strlen(root);
    return strncmp(path, root, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static bool path_of(int file, char *out) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, out, PATH_MAX - 1);
    if (length < 0) return false;
    out[length] = '\0';
    return true;
}

/* The folder and the last name of a path, where the folder is in the root. */
static bool parent_of(int at, const char *path, char *folder, char *name) {
    char whole[PATH_MAX], base[PATH_MAX];
    if (path[0] == '/') {
        base[0] = '\0';
    } else if (at == AT_FDCWD) {
        if (!getcwd(base, sizeof base)) return false;
    } else if (!path_of(at, base)) {
        return false;
    }
    if (snprintf(whole, sizeof whole, "%s%s%s", base, base[0] ? "/" : "", path) >= (int)sizeof whole) return false;
    size_t length = strlen(whole);
    while (length > 1 && whole[length - 1] == '/') whole[--length] = '\0';
    char *slash = strrchr(whole, '/');
    if (!slash) return false;
    snprintf(name, NAME_MAX + 1, "%s", slash + 1);
    *slash = '\0';
    return realpath(whole[0] ? whole : "/", folder) && is_in_root(folder);
}

static ino_t number_of(const char *path) {
    struct stat found;
    if (lstat(path, &found) != 0) return 0;
    return found.st_ino;
}

static void remove_all(const char *folder) {
    DIR *names = opendir(folder);
    if (!names) return;
    for (struct dirent *entry; (entry = readdir(names));) {
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) unlinkat(dirfd(names), entry->d_name, 0);
    }
    closedir(names);
    rmdir(folder);
}

static void set_link(const char *target, const char *name) {
    char old[PATH_MAX];
    ssize_t length = readlink(name, old, sizeof old - 1);
    if (length >= 0) {
        old[length] = '\0';
        if (!strcmp(old, target)) return;
        unlink(name);
    }
    if (symlink(target, name) != 0) stop(name);
}

/* A folder's names become durable, as they are now. */
static void keep_names(const char *folder) {
    ino_t own = number_of(folder);
    char kept[PATH_MAX], path[PATH_MAX + NAME_MAX + 2], other[PATH_MAX], target[64];
    in_state(kept, "d%lu", own);
    if (mkdir(kept, 0700) != 0 && errno != EEXIST) stop(kept);
    if (!strcmp(folder, root)) {
        in_state(other, "root");
        snprintf(target, sizeof target, "d%lu", own);
        set_link(target, other);
    }
    DIR *names = opendir(folder);
    if (!names) return;
    for (struct dirent *entry; (entry = readdir(names));) {
        size_t length = strlen(entry->d_name);
        bool is_index = length > 4 && !strcmp(entry->d_name + length - 4, "-shm");
        struct stat found;
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") || is_index) continue;
        if (fstatat(dirfd(names), entry->d_name, &found, AT_SYMLINK_NOFOLLOW) != 0) continue;
        if (S_ISDIR(found.st_mode)) {
            snprintf(target, sizeof target, "d%lu", found.st_ino);
            in_state(other, "%s", target);
            if (mkdir(other, 0700) != 0 && errno != EEXIST) stop(other);
        } else if (S_ISREG(found.st_mode)) {
            snprintf(target, sizeof target, "f%lu", found.st_ino);
            in_state(other, "%s", target);
            int file = open(other, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
            if (file < 0) stop(other);
            close(file);
            in_state(other, "p%lu", found.st_ino);
            linkat(dirfd(names), entry->d_name, AT_FDCWD, other, 0);
        } else {
            continue;
        }
        snprintf(path, sizeof path, "%s/%s", kept, entry->d_name);
        set_link(target, path);
    }
    closedir(names);
    /* Names that are gone. */
    names = opendir(kept);
    if (!names) stop(kept);
    for (struct dirent *entry; (entry = readdir(names));) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (access(path, F_OK) != 0) unlinkat(dirfd(names), entry->d_name, 0);
    }
    closedir(names);
}

/* Copies a file's content aside. Reads through the given descriptor: to open and close the file anew would drop the locks
 * that SQLite holds on it. */
static void copy_aside(int from, const char *to) {
    int reopened = -1;
    if ((fcntl(from, F_GETFL) & O_ACCMODE) == O_WRONLY) {
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", from);
        reopened = from = open(link, O_RDONLY | O_CLOEXEC);
        if (from < 0) stop("reopen");
    }
    int file = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) stop(to);
    static char buffer[1 << 20];
    off_t at = 0;
    for (ssize_t count; (count = pread(from, buffer, sizeof buffer, at)) != 0;) {
        if (count < 0 || write(file, buffer, (size_t)count) != count) stop(to);
        at += count;
    }
    close(file);
    if (reopened >= 0) close(reopened);
}

static int sync_with(int file, int (*real)(int)) {
    char path[PATH_MAX], aside[PATH_MAX], kept[PATH_MAX], link[64];
    struct stat found;
    if (!is_active || is_inside || fstat(file, &found) != 0 || !path_of(file, path) || !is_in_root(path)) return real(file);
    enter();
    int result;
    if (S_ISDIR(found.st_mode)) {
        result = real(file);
        if (result == 0) keep_names(path);
    } else if (S_ISREG(found.st_mode)) {
        /* What is written while the sync runs is not promised to be part of it. */
        in_state(aside, "aside");
        copy_aside(file, aside);
        result = real(file);
        if (result == 0) {
            in_state(kept, "f%lu", found.st_ino);
            if (REAL(rename)(aside, kept) != 0) stop(kept);
            snprintf(link, sizeof link, "/proc/self/fd/%d", file);
            in_state(kept, "p%lu", found.st_ino);
            REAL(linkat)(AT_FDCWD, link, AT_FDCWD, kept, AT_SYMLINK_FOLLOW);
        }
    } else {
        result = real(file);
    }
    int error = errno;
    leave();
    errno = error;
    return result;
}

int fsync(int file) { return sync_with(file, REAL(fsync)); }
int fdatasync(int file) { return sync_with(file, REAL(fdatasync)); }

/* After a call that made or moved a name. */
static void named(int at, const char *path) {
    char folder[PATH_MAX], name[NAME_MAX + 1];
    if (!is_active || !is_early || is_inside) return;
    int error = errno;
    if (parent_of(at, path, folder, name)) {
        enter();
        keep_names(folder);
        leave();
    }
    errno = error;
}

static int made_folder(int result, int at, const char *path) {
    char folder[PATH_MAX], name[NAME_MAX + 1], whole[PATH_MAX + NAME_MAX + 2], kept[PATH_MAX];
    if (result != 0 || !is_active || is_inside || !parent_of(at, path, folder, name)) return result;
    enter();
    snprintf(whole, sizeof whole, "%s/%s", folder, name);
    in_state(kept, "d%lu", number_of(whole));
    /* Of an earlier folder that had the same number. */
    remove_all(kept);
    leave();
    named(at, path);
    return result;
}

static void forget(const char *folder, const char *name) {
    char kept[PATH_MAX];
    in_state(kept, "d%lu/%s", number_of(folder), name);
    REAL(unlink)(kept);
}

static int remove_with(int at, const char *path, int flags) {
    char folder[PATH_MAX], name[NAME_MAX + 1];
    bool is_ours = is_active && !is_inside && parent_of(at, path, folder, name);
    if (!is_ours) return REAL(unlinkat)(at, path, flags);
    enter();
    int result = REAL(unlinkat)(at, path, flags), error = errno;
    if (result == 0) forget(folder, name);
    leave();
    errno = error;
    return result;
}

int unlink(const char *path) { return remove_with(AT_FDCWD, path, 0); }
int unlinkat(int at, const char *path, int flags) { return remove_with(at, path, flags); }
int rmdir(const char *path) { return remove_with(AT_FDCWD, path, AT_REMOVEDIR); }
int mkdir(const char *path, mode_t mode) { return made_folder(REAL(mkdir)(path, mode), AT_FDCWD, path); }
int mkdirat(int at, const char *path, mode_t mode) { return made_folder(REAL(mkdirat)(at, path, mode), at, path); }

static int moved(int result, int from_at, const char *from, int to_at, const char *to) {
    if (result == 0) {
        named(from_at, from);
        named(to_at, to);
    }
    return result;
}

int rename(const char *from, const char *to) { return moved(REAL(rename)(from, to), AT_FDCWD, from, AT_FDCWD, to); }
int renameat(int from_at, const char *from, int to_at, const char *to) {
    return moved(REAL(renameat)(from_at, from, to_at, to), from_at, from, to_at, to);
}
int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags) {
    return moved(REAL(renameat2)(from_at, from, to_at, to, flags), from_at, from, to_at, to);
}
int link(const char *from, const char *to) { return moved(REAL(link)(from, to), AT_FDCWD, from, AT_FDCWD, to); }
int linkat(int from_at, const char *from, int to_at, const char *to, int flags) {
    return moved(REAL(linkat)(from_at, from, to_at, to, flags), from_at, from, to_at, to);
}

static int opened(int file, int at, const char *path, int flags) {
    if (file >= 0 && (flags & O_CREAT)) named(at, path);
    return file;
}

#define MODE(flags)                                                                                                    \
    mode_t mode = 0;                                                                                                   \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                                             \
        va_list arguments;                                                                                             \
        va_start(arguments, flags);                                                                                    \
        mode = va_arg(arguments, mode_t);                                                                              \
        va_end(arguments);                                                                                             \
    }

int open(const char *path, int flags, ...) {
    MODE(flags)
    return opened(REAL(open)(path, flags, mode), AT_FDCWD, path, flags);
}
int open64(const char *path, int flags, ...) {
    MODE(flags)
    return opened(REAL(open64)(path, flags, mode), AT_FDCWD, path, flags);
}
int openat(int at, const char *path, int flags, ...) {
    MODE(flags)
    return opened(REAL(openat)(at, path, flags, mode), at, path, flags);
}
int openat64(int at, const char *path, int flags, ...) {
    MODE(flags)
    return opened(REAL(openat64)(at, path, flags, mode), at, path, flags);
}
int creat(const char *path, mode_t mode) { return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return open64(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

__attribute__((constructor)) static void begin(void) {
    const char *watched = getenv("UNSYNCED_ROOT"), *kept = getenv("UNSYNCED_STATE"), *names = getenv("UNSYNCED_NAMES");
    if (!watched || !kept) return;
    if (!realpath(watched, root) || !realpath(kept, state)) stop("a folder is missing");
    is_early = names && !strcmp(names, "early");
    char path[PATH_MAX];
    in_state(path, "lock");
    is_inside = true;
    lock_file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock_file < 0) stop(path);
    is_inside = false;
    is_active = true;
}
