namespace MLNet.Dispersion.Text;

/// <summary>Reads the statements of a template.</summary>
internal sealed class TemplateParser
{
    private static readonly string[] OtherTemplates = ["extends", "include", "import", "from"];
    private readonly TokenReader _tokens;
    private readonly ExpressionParser _expressions;
    private readonly HashSet<string> _blocks = new(StringComparer.Ordinal);
    private readonly Stack<string> _open = new();
    private int _loops;

    private TemplateParser(TokenReader tokens)
    {
        _tokens = tokens;
        _expressions = new ExpressionParser(tokens);
    }

    /// <summary>Reads a normalized source.</summary>
    internal static TemplateBody Parse(string source, ChatTemplateLimits limits)
    {
        var tokens = new TokenReader(source, TemplateLexer.Tokens(source, limits), limits);
        var parser = new TemplateParser(tokens);
        TemplateBody body = parser.ReadBody([], parser._expressions.Frame);
        parser._expressions.RequireKnownNames();
        parser._expressions.Frame.Resolve();
        return body;
    }

    /// <summary>Reads up to a tag that ends the body, whose name is then the current token.</summary>
    private TemplateBody ReadBody(string[] ends, FrameNames? names)
    {
        _tokens.Enter();
        var statements = new List<TemplateStatement>();
        while (true)
        {
            TemplateToken token = _tokens.Next();
            switch (token.Kind)
            {
                case TemplateTokenKind.Data:
                    statements.Add(new DataStatement(token.Position, token.Text));
                    break;
                case TemplateTokenKind.PrintBegin:
                    statements.Add(new PrintStatement(token.Position, _expressions.ReadTuple(withCondition: true)));
                    _tokens.Expect(TemplateTokenKind.PrintEnd);
                    break;
                case TemplateTokenKind.BlockBegin:
                    if (_tokens.Current.Kind == TemplateTokenKind.Name && ends.Contains(_tokens.Current.Text))
                    {
                        _tokens.Leave();
                        return new TemplateBody(statements, names);
                    }

                    statements.Add(ReadStatement(ends));
                    _tokens.Expect(TemplateTokenKind.BlockEnd);
                    break;
                default:
                    if (ends.Length > 0)
                    {
                        throw _tokens.Fail(token, $"The template ends within '{_open.Peek()}': {Tags(ends)} is missing");
                    }

                    _tokens.Leave();
                    return new TemplateBody(statements, names);
            }
        }
    }

    private static string Tags(string[] names) => string.Join(" or ", names.Select(name => $"'{{% {name} %}}'"));

    /// <summary>Reads a body to its only end, which is passed over.</summary>
    private TemplateBody ReadBodyTo(string end, FrameNames? names)
    {
        _tokens.Expect(TemplateTokenKind.BlockEnd);
        TemplateBody body = ReadBody([end], names);
        _tokens.Next();
        return body;
    }

    /// <summary>Reads a body with names of its own to its only end.</summary>
    private TemplateBody ReadFrameTo(string end, FrameNames names) => _expressions.Framed(names, () => _expressions.Strictly(() => ReadBodyTo(end, names)));

    private TemplateStatement ReadStatement(string[] ends)
    {
        TemplateToken tag = _tokens.Expect(TemplateTokenKind.Name);
        _open.Push(tag.Text);
        TemplateStatement statement = tag.Text switch
        {
            "for" => ReadFor(tag),
            "if" => ReadIf(tag),
            "set" => ReadSet(tag),
            "macro" => ReadMacro(tag),
            "call" => ReadCall(tag),
            "filter" => ReadFilter(tag),
            "with" => ReadWith(tag),
            "print" => new PrintStatement(tag.Position, _expressions.ReadTuple(withCondition: true)),
            "break" or "continue" => ReadJump(tag),
            "generation" => new GenerationStatement(tag.Position, ReadDefinition(null, [], "endgeneration", _expressions.Frame.Inner())),
            "block" => ReadBlock(tag),
            "autoescape" => throw _tokens.Fail(tag, "The tag 'autoescape' is not supported: chat templates write plain text. Leave it out"),
            _ when OtherTemplates.Contains(tag.Text) => throw _tokens.Fail(tag, $"The tag '{tag.Text}' is not supported: a chat template stands alone. Put the other template's text into this one"),
            _ => throw Unknown(tag, ends),
        };
        _open.Pop();
        return statement;
    }

    private ChatTemplateException Unknown(TemplateToken tag, string[] ends)
    {
        string expected = ends.Length > 0 ? $" Open is '{_open.Skip(1).First()}', which ends with {Tags(ends)}." : "";
        return _tokens.Fail(tag, $"There is no tag '{Printable.Name(tag.Text)}' here.{expected} Known are for, if, set, macro, call, filter, with, print, break, continue, generation, block and raw");
    }

    /// <summary>Reads a body that is a function of its own: no loop around it can be left from there.</summary>
    private T Apart<T>(Func<T> read)
    {
        int loops = _loops;
        _loops = 0;
        T result = _expressions.Strictly(read);
        _loops = loops;
        return result;
    }

    private ForStatement ReadFor(TemplateToken tag)
    {
        AssignTarget target = ReadTarget("in");
        _tokens.ExpectName("in");
        TemplateExpression items = _expressions.ReadTuple(withCondition: false, end: "recursive");
        TemplateExpression? condition = _tokens.SkipName("if") ? _expressions.Framed(_expressions.Frame.Inner(), _expressions.Read) : null;
        bool isRecursive = _tokens.SkipName("recursive");
        _tokens.Expect(TemplateTokenKind.BlockEnd);
        _loops++;
        FrameNames names = _expressions.Frame.Inner();
        target.Note(names, asParameter: true);
        names.Declare("loop");
        TemplateBody body = _expressions.Framed(names, () => _expressions.Strictly(() => ReadBody(["else", "endfor"], names)));
        _loops--;
        TemplateBody? otherwise = null;
        if (_tokens.Next().Text == "else")
        {
            otherwise = ReadFrameTo("endfor", _expressions.Frame.Inner());
        }

        return new ForStatement(tag.Position, target, items, condition, isRecursive, body, otherwise);
    }

    private IfStatement ReadIf(TemplateToken tag)
    {
        var branches = new List<(TemplateExpression?, TemplateBody)>();
        List<FrameNames.Use> first = [], others = [], last = [];
        FrameNames frame = _expressions.Frame;
        ReadBranch(branches, first);
        while (_tokens.Current.IsName("elif"))
        {
            _tokens.Next();
            frame.Within(others, () =>
            {
                List<FrameNames.Use> uses = [];
                ReadBranch(branches, uses);
                frame.Branch(uses, [], []);
                return true;
            });
        }

        if (_tokens.Next().Text == "else")
        {
            branches.Add((null, frame.Within(last, () => _expressions.Leniently(() => ReadBodyTo("endif", names: null)))));
        }

        frame.Branch(first, others, last);
        return new IfStatement(tag.Position, branches);
    }

    /// <summary>Reads a condition and its body, up to the next tag of the same block.</summary>
    private void ReadBranch(List<(TemplateExpression?, TemplateBody)> branches, List<FrameNames.Use> uses)
    {
        TemplateExpression condition = _expressions.Leniently(() => _expressions.ReadTuple(withCondition: false));
        _tokens.Expect(TemplateTokenKind.BlockEnd);
        branches.Add((condition, _expressions.Frame.Within(uses, () => _expressions.Leniently(() => ReadBody(["elif", "else", "endif"], names: null)))));
    }

    private TemplateStatement ReadSet(TemplateToken tag)
    {
        AssignTarget target = ReadTarget(end: null);
        if (_tokens.SkipOperator("="))
        {
            TemplateExpression value = _expressions.ReadTuple(withCondition: true);
            target.Note(_expressions.Frame, asParameter: false);
            return new SetStatement(tag.Position, target, value);
        }

        FilterExpression? filter = _expressions.ReadFilters(target: null, begun: false);
        TemplateBody body = ReadFrameTo("endset", _expressions.Frame.Inner());
        target.Note(_expressions.Frame, asParameter: false);
        return new SetBlockStatement(tag.Position, target, filter, body);
    }

    private MacroStatement ReadMacro(TemplateToken tag)
    {
        string name = ReadName().Text;
        FrameNames names = _expressions.Frame.Inner();
        MacroDefinition definition = ReadDefinition(name, ReadParameters(names), "endmacro", names);
        _expressions.Frame.Store(name);
        return new MacroStatement(tag.Position, definition);
    }

    private CallStatement ReadCall(TemplateToken tag)
    {
        bool withParameters = _tokens.Current.IsOperator("(");
        FrameNames names = _expressions.Frame.Inner();
        var parameters = withParameters ? ReadParameters(names) : [];
        TemplateToken at = _tokens.Current;
        CallExpression call = _expressions.Read() as CallExpression ?? throw _tokens.Fail(at, "A call block needs a call, such as '{% call name() %}'");
        return new CallStatement(tag.Position, call, ReadDefinition(null, parameters, "endcall", names));
    }

    private FilterBlockStatement ReadFilter(TemplateToken tag)
    {
        FilterExpression filter = _expressions.ReadFilters(target: null, begun: true)!;
        return new FilterBlockStatement(tag.Position, filter, ReadFrameTo("endfilter", _expressions.Frame.Inner()));
    }

    private WithStatement ReadWith(TemplateToken tag)
    {
        var settings = new List<(AssignTarget, TemplateExpression)>();
        while (_tokens.Current.Kind != TemplateTokenKind.BlockEnd)
        {
            if (settings.Count > 0)
            {
                _tokens.ExpectOperator(",");
            }

            AssignTarget target = ReadTarget(end: null);
            _tokens.ExpectOperator("=");
            settings.Add((target, _expressions.Read()));
        }

        FrameNames names = _expressions.Frame.Inner();
        settings.ForEach(setting => setting.Item1.Note(names, asParameter: true));
        return new WithStatement(tag.Position, settings, ReadFrameTo("endwith", names));
    }

    private JumpStatement ReadJump(TemplateToken tag) => _loops > 0
        ? new JumpStatement(tag.Position, tag.Text == "break" ? JinjaFlow.Break : JinjaFlow.Continue)
        : throw _tokens.Fail(tag, $"There is no loop here that '{tag.Text}' could leave");

    private BlockStatement ReadBlock(TemplateToken tag)
    {
        TemplateToken name = ReadName();
        if (!_blocks.Add(name.Text))
        {
            throw _tokens.Fail(name, $"There are two blocks '{Printable.Name(name.Text)}': give one another name");
        }

        bool isScoped = _tokens.SkipName("scoped");
        TemplateBody body = Apart(() => ReadBodyWithName("endblock", name.Text));
        return new BlockStatement(tag.Position, body, isScoped);
    }

    private TemplateBody ReadBodyWithName(string end, string name)
    {
        FrameNames names = _expressions.Frame.Inner();
        TemplateBody body = ReadFrameTo(end, names);
        _tokens.SkipName(name);
        return body;
    }

    private MacroDefinition ReadDefinition(string? name, List<(string, TemplateExpression?)> parameters, string end, FrameNames names)
    {
        foreach (string special in new[] { "caller", "kwargs", "varargs" })
        {
            names.Declare(special);
        }

        HashSet<string> spoken = _expressions.BeginNames();
        TemplateBody body = Apart(() => ReadFrameTo(end, names));
        _expressions.EndNames();
        bool Takes(string special) => spoken.Contains(special) && !parameters.Any(parameter => parameter.Item1 == special);
        return new MacroDefinition(name, parameters, body, Takes("caller"), Takes("kwargs"), Takes("varargs"));
    }

    private List<(string Name, TemplateExpression? Default)> ReadParameters(FrameNames names) => _expressions.Framed(names, () => ReadParameterList(names));

    private List<(string Name, TemplateExpression? Default)> ReadParameterList(FrameNames names)
    {
        var parameters = new List<(string Name, TemplateExpression? Default)>();
        _tokens.ExpectOperator("(");
        while (!_tokens.Current.IsOperator(")"))
        {
            if (parameters.Count > 0)
            {
                _tokens.ExpectOperator(",");
            }

            TemplateToken name = ReadName();
            TemplateExpression? otherwise = _tokens.SkipOperator("=") ? _expressions.Read() : null;
            if (otherwise is null && parameters.Count > 0 && parameters[^1].Default is not null)
            {
                throw _tokens.Fail(name, $"The parameter '{Printable.Name(name.Text)}' needs a default, since one before it has one");
            }

            if (parameters.Any(parameter => parameter.Name == name.Text))
            {
                throw _tokens.Fail(name, $"There are two parameters '{Printable.Name(name.Text)}'");
            }

            names.Declare(name.Text);
            parameters.Add((name.Text, otherwise));
        }

        _tokens.ExpectOperator(")");
        return parameters;
    }

    private TemplateToken ReadName()
    {
        TemplateToken name = _tokens.Expect(TemplateTokenKind.Name);
        return ExpressionParser.IsConstant(name.Text) ? throw _tokens.Fail(name, $"'{name.Text}' is a value and cannot be set") : name;
    }

    /// <summary>Reads what is to be set: a name, an attribute of a namespace, or several with commas between.</summary>
    private AssignTarget ReadTarget(string? end)
    {
        var targets = new List<AssignTarget>();
        bool several = false;
        while (true)
        {
            if (_tokens.Current.Kind == TemplateTokenKind.BlockEnd || _tokens.Current.IsOperator(")") || _tokens.Current.IsOperator("=") || (end is not null && _tokens.Current.IsName(end)))
            {
                break;
            }

            targets.Add(ReadOneTarget(end));
            if (!_tokens.SkipOperator(","))
            {
                break;
            }

            several = true;
        }

        return targets.Count == 0 ? throw _tokens.Fail(_tokens.Current, $"A name is expected here, and there is {_tokens.Current.Described}") : several ? new TupleTarget(targets) : targets[0];
    }

    private AssignTarget ReadOneTarget(string? end)
    {
        if (_tokens.SkipOperator("("))
        {
            _tokens.Enter();
            AssignTarget inner = ReadTarget(end: null);
            _tokens.ExpectOperator(")");
            _tokens.Leave();
            return inner;
        }

        TemplateToken name = ReadName();
        if (end is null && _tokens.SkipOperator("."))
        {
            return new NamespaceTarget(name.Position, name.Text, _tokens.Expect(TemplateTokenKind.Name).Text);
        }

        return name.Text == "loop" && _loops > 0 ? throw _tokens.Fail(name, "'loop' cannot be set within a for loop") : new NameTarget(name.Text);
    }
}
