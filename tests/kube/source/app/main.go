// app: what the pods of the tests run. `app serve` answers on :8080 until it is asked to end,
// `app crash TEXT` prints a text and fails, `app done` succeeds at once.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	switch os.Args[1] {
	case "crash":
		fmt.Println(os.Args[2])
		os.Exit(3)
	case "done":
		fmt.Println("done")
	default:
		end := make(chan os.Signal, 1)
		signal.Notify(end, syscall.SIGTERM)
		go http.ListenAndServe(":8080", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintln(w, os.Getenv("HOSTNAME"))
		}))
		<-end
	}
}
