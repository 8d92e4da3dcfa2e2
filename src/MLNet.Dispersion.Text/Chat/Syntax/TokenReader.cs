namespace MLNet.Dispersion.Text;

/// <summary>Goes through the tokens of a template.</summary>
internal sealed class TokenReader(string source, List<TemplateToken> tokens, ChatTemplateLimits limits)
{
    private readonly JinjaMeter _meter = new(limits with { MaxSteps = long.MaxValue });
    private int _next;

    internal TemplateToken Current => tokens[_next];

    internal TemplateToken Following => tokens[Math.Min(_next + 1, tokens.Count - 1)];

    /// <summary>The current token, which is passed over; the end stays.</summary>
    internal TemplateToken Next()
    {
        TemplateToken token = Current;
        _next = Math.Min(_next + 1, tokens.Count - 1);
        return token;
    }

    internal TemplateToken Expect(TemplateTokenKind kind)
    {
        if (Current.Kind != kind)
        {
            string wanted = kind switch
            {
                TemplateTokenKind.BlockEnd => "the end of the block tag (%})",
                TemplateTokenKind.PrintEnd => "the end of the expression (}})",
                _ => "a name",
            };
            throw Fail(Current, $"Expected is {wanted}, and there is {Current.Described}");
        }

        return Next();
    }

    internal void ExpectName(string name)
    {
        if (!SkipName(name))
        {
            throw Fail(Current, $"Expected is '{name}', and there is {Current.Described}");
        }
    }

    internal void ExpectOperator(string sign)
    {
        if (!SkipOperator(sign))
        {
            throw Fail(Current, $"Expected is '{sign}', and there is {Current.Described}");
        }
    }

    internal bool SkipName(string name) => Skip(Current.IsName(name));

    internal bool SkipOperator(string sign) => Skip(Current.IsOperator(sign));

    /// <summary>Enters something nested, within the limit.</summary>
    internal void Enter()
    {
        try
        {
            _meter.Enter();
        }
        catch (TemplateFault fault)
        {
            throw fault.At(source, Current.Position);
        }
    }

    internal void Leave() => _meter.Leave();

    internal ChatTemplateException Fail(TemplateToken token, string problem) => TemplateFault.Error(problem + ".").At(source, token.Position);

    private bool Skip(bool isIt)
    {
        if (isIt)
        {
            Next();
        }

        return isIt;
    }
}
