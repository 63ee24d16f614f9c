// Signs a macOS program ad hoc, which macOS on Apple silicon requires. Usage: macsign <program> <signed program>
package main

import (
	"log"
	"os"

	"github.com/blacktop/go-macho"
	"github.com/blacktop/go-macho/pkg/codesign"
	"github.com/blacktop/go-macho/pkg/codesign/types"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: macsign <program> <signed program>")
	}
	program, err := macho.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	defer program.Close()
	if err := program.CodeSign(&codesign.Config{ID: "pulumi-resource-mistral", Flags: types.ADHOC}); err != nil {
		log.Fatal(err)
	}
	if err := program.Save(os.Args[2]); err != nil {
		log.Fatal(err)
	}
}
