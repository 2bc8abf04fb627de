module strategies/{{name}}

go 1.24

require ringfence v0.0.0

replace ringfence => ./.ringfence/go
