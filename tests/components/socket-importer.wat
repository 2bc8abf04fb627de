;; A strategy in everything but its imports: it wants sockets, HTTP, and files of a version that is not answered. Admission
;; refuses it before it is compiled and names all of them.
(component
  (import "wasi:sockets/network@0.2.0" (instance))
  (import "wasi:sockets/tcp@0.2.0" (instance (export "start-connect" (func (param "address" string)))))
  (import "wasi:http/outgoing-handler@0.2.0" (instance))
  (import "wasi:filesystem/preopens@0.3.0" (instance))

  (core module $code (func (export "f")))
  (core instance $instance (instantiate $code))
  (func $f (canon lift (core func $instance "f")))
  (instance $guest
    (export "setup" (func $f))
    (export "on-event" (func $f))
    (export "snapshot" (func $f))
    (export "restore" (func $f)))
  (export "ringfence:strategy/guest@0.1.0" (instance $guest)))
