package cli

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"slices"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"countersign/internal/intoto"
)

// agentKey gives the key of a public key that signs by way of the agent of who runs this (ssh-agent(1)), which has it.
func (e Env) agentKey(ctx context.Context, public ssh.PublicKey) (key intoto.Key, err error) {
	err = e.withAgent(ctx, func(a agent.Agent) error {
		keys, err := a.List()
		if err != nil {
			return err
		}
		has := func(k *agent.Key) bool { return bytes.Equal(k.Blob, public.Marshal()) }
		if !slices.ContainsFunc(keys, has) {
			return usage("it hasn't the key %s: ssh-add it", ssh.FingerprintSHA256(public))
		}
		return nil
	})
	if err != nil {
		return key, err
	}
	return intoto.AgentKey(public, func(message []byte) (s *ssh.Signature, err error) {
		err = e.withAgent(ctx, func(a agent.Agent) error {
			s, err = a.Sign(public, message)
			return err
		})
		return s, err
	})
}

// withAgent connects with the agent. Who breaks the run off needn't wait for its answer.
func (e Env) withAgent(ctx context.Context, do func(agent.Agent) error) error {
	const variable = "SSH_AUTH_SOCK"
	socket := e.Getenv(variable)
	if socket == "" {
		return usage(`only an agent signs for a public key, and %s names none: eval "$(ssh-agent)", and ssh-add the key`,
			variable)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "unix", socket)
	if err != nil {
		return usage("%s: %w", variable, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := do(agent.NewClient(conn)); err != nil {
		return fmt.Errorf("the agent: %w", err)
	}
	return nil
}
