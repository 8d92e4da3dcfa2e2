namespace MLNet.Dispersion.Text;

/// <summary>Names and their values, with those around them.</summary>
internal sealed class JinjaScope(JinjaScope? around)
{
    private Dictionary<string, object?>? _values;

    internal bool TryGet(string name, out object? value)
    {
        for (JinjaScope? scope = this; scope is not null; scope = scope.Around)
        {
            if (scope._values is not null && scope._values.TryGetValue(name, out value))
            {
                return true;
            }
        }

        value = null;
        return false;
    }

    /// <summary>Sets a name here, which hides it further out.</summary>
    internal void Set(string name, object? value) => (_values ??= new(StringComparer.Ordinal))[name] = value;

    /// <summary>The outermost scope.</summary>
    internal JinjaScope Top
    {
        get
        {
            JinjaScope scope = this;
            while (scope.Around is { } outer)
            {
                scope = outer;
            }

            return scope;
        }
    }

    private JinjaScope? Around { get; } = around;
}

/// <summary>How a statement ends.</summary>
internal enum JinjaFlow
{
    /// <summary>The next statement follows.</summary>
    Next,

    /// <summary>The loop ends.</summary>
    Break,

    /// <summary>The loop goes on with its next item.</summary>
    Continue,
}
