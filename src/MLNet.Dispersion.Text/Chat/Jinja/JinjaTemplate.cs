namespace MLNet.Dispersion.Text;

/// <summary>A template that has been read. Immutable and thread-safe.</summary>
internal sealed class JinjaTemplate
{
    private readonly TemplateBody _body;
    private readonly ChatTemplateLimits _limits;

    private JinjaTemplate(string source, TemplateBody body, ChatTemplateLimits limits)
    {
        Source = source;
        _body = body;
        _limits = limits;
    }

    /// <summary>The source with one kind of line breaks.</summary>
    internal string Source { get; }

    /// <summary>Reads a template.</summary>
    internal static JinjaTemplate Parse(string source, ChatTemplateLimits limits)
    {
        if (source.Length > limits.MaxSourceLength)
        {
            throw TemplateFault.Limit(nameof(ChatTemplateLimits.MaxSourceLength), limits.MaxSourceLength, "The template's source is too long").At(source, 0);
        }

        string normalized = TemplateLexer.Normalized(source);
        return new JinjaTemplate(normalized, TemplateParser.Parse(normalized, limits), limits);
    }

    /// <summary>Renders it.</summary>
    /// <param name="variables">Makes the variables.</param>
    /// <param name="clock">What strftime_now sees.</param>
    /// <param name="cancellation">Ends the rendering.</param>
    internal (string Text, IReadOnlyList<(int Start, int End)> Spans) Render(Func<JinjaMachine, IEnumerable<KeyValuePair<string, object?>>> variables, TimeProvider clock, CancellationToken cancellation)
    {
        var machine = new JinjaMachine(new JinjaMeter(_limits, cancellation), clock);
        try
        {
            var scope = new JinjaScope(null);
            foreach ((string name, object? value) in variables(machine))
            {
                scope.Set(name, value);
            }

            _body.Execute(machine, scope);
            return (machine.Output(), machine.Spans);
        }
        catch (TemplateFault fault)
        {
            throw fault.At(Source, machine.Position);
        }
    }
}
