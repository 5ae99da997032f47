//go:build servers

package servers

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

const nginxConfig = `daemon off;
pid %[1]s/nginx.pid;
error_log stderr;
user %[4]s;
worker_processes 2;
events { worker_connections 512; }
http {
	access_log off;
	client_body_temp_path %[1]s/nginx-body;
	proxy_temp_path %[1]s/nginx-proxy;
	fastcgi_temp_path %[1]s/nginx-fastcgi;
	uwsgi_temp_path %[1]s/nginx-uwsgi;
	scgi_temp_path %[1]s/nginx-scgi;
	client_max_body_size 0;
	server {
		listen 127.0.0.1:%[2]d;
		auth_basic "git";
		auth_basic_user_file %[1]s/passwords;
		location / {
			include /etc/nginx/fastcgi_params;
			fastcgi_param SCRIPT_FILENAME %[3]s/git-http-backend;
			fastcgi_param GIT_PROJECT_ROOT %[1]s;
			fastcgi_param GIT_HTTP_EXPORT_ALL "";
			fastcgi_param PATH_INFO $uri;
			fastcgi_param REMOTE_USER $remote_user;
			fastcgi_param PATH /usr/local/bin:/usr/bin:/bin;
			fastcgi_read_timeout 300;
			fastcgi_pass unix:%[1]s/fcgiwrap.sock;
		}
	}
}
`

// TestHTTP pushes over smart HTTP: nginx asks for a password and says who it was, git-http-backend does the rest.
func TestHTTP(t *testing.T) {
	needs(t, "nginx", "fcgiwrap")
	w := newWorld(t)
	port := freePort(t)
	var passwords strings.Builder
	for _, who := range everybody() {
		fmt.Fprintf(&passwords, "%s:{PLAIN}password\n", who)
	}
	w.write("passwords", passwords.String())
	w.write("nginx.conf", fmt.Sprintf(nginxConfig, w.dir, port, w.sh(nil, `git --exec-path`), me(t)))
	w.start(nil, "fcgiwrap", "fcgiwrap", "-f", "-c", fmt.Sprint(crowd), "-s", "unix:"+w.path("fcgiwrap.sock"))
	waitFor(t, "fcgiwrap listens", func() bool { _, err := os.Stat(w.path("fcgiwrap.sock")); return err == nil })
	w.start(nil, "nginx", "nginx", "-c", w.path("nginx.conf"), "-e", "stderr")
	listens(t, port)
	w.server = &server{
		gitDir: w.path("project.git"),
		url:    func(who string) string { return fmt.Sprintf("http://%s:password@127.0.0.1:%d/project.git", who, port) },
		pusher: func(who string) string { return who },
		gone: func(w *world) {
			// git-http-backend of git 2.39 goes on for ever where a client went away amid a push: docs/install/bare.md.
			for _, pid := range w.processes("git-http-backend") {
				_ = syscall.Kill(pid, syscall.SIGTERM)
			}
		},
	}
	w.sh(nil, `git init -q --bare -b main project.git`)
	w.begin("--kind http")
	w.play()
}
