/* SPDX-License-Identifier: GPL-2.0 */
/* A web server of canned answers for tests: answers so many requests, keeps what was asked. */
#ifndef KEFS_TEST_WEB_H
#define KEFS_TEST_WEB_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct web {
	int fd;
	unsigned int port;
	pid_t pid;
	char asked[300];	/* file that what was asked is appended to */
};

static inline void web_serve(const struct web *web, const char *const *answers)
{
	FILE *log = fopen(web->asked, "ae");

	for (; *answers; answers++) {
		int c = accept4(web->fd, NULL, NULL, SOCK_CLOEXEC);
		char text[16384];
		ssize_t n = recv(c, text, sizeof(text) - 1, 0);

		text[n > 0 ? n : 0] = '\0';
		/* A body may come behind the head */
		if (n > 0 && !strncmp(text, "POST", 4) && !strstr(text, "Action=")) {
			ssize_t more = recv(c, text + n, sizeof(text) - 1 - (size_t)n, 0);

			text[n + (more > 0 ? more : 0)] = '\0';
		}
		(void)fprintf(log, "%s\n", text);
		(void)fflush(log);
		(void)send(c, *answers, strlen(*answers), MSG_NOSIGNAL);
		(void)close(c);
	}
	_exit(0);
}

/* @answers: whole answers, NULL behind the last. */
static inline void web_start(struct web *web, const char *dir, const char *const *answers)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);

	(void)snprintf(web->asked, sizeof(web->asked), "%s/asked", dir);
	(void)unlink(web->asked);
	web->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(web->fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(web->fd, 8), 0);
	assert_int_equal(getsockname(web->fd, (struct sockaddr *)&addr, &len), 0);
	web->port = ntohs(addr.sin_port);
	web->pid = fork();
	if (!web->pid) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);	/* a test that fails does not stop it */
		web_serve(web, answers);
	}
}

/* What was asked; the server is gone. */
static inline const char *web_stop(struct web *web)
{
	static char text[32768];
	FILE *log;

	(void)kill(web->pid, SIGTERM);
	(void)waitpid(web->pid, NULL, 0);
	(void)close(web->fd);
	log = fopen(web->asked, "re");
	text[log ? fread(text, 1, sizeof(text) - 1, log) : 0] = '\0';
	if (log)
		(void)fclose(log);
	return text;
}

#endif
