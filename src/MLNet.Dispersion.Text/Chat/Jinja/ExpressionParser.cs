using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Reads the expressions of a template, with the precedence of Jinja.</summary>
internal sealed class ExpressionParser(TokenReader tokens)
{
    private static readonly string[] Comparisons = ["==", "!=", "<", "<=", ">", ">="];
    private readonly List<(TemplateToken Token, string Problem)> _unknown = [];
    private readonly Stack<HashSet<string>> _names = new();
    private bool _isLenient;

    /// <summary>The names of the stretch that is read.</summary>
    internal FrameNames Frame { get; private set; } = new(around: null);

    /// <summary>Reads a stretch with names of its own.</summary>
    internal T Framed<T>(FrameNames frame, Func<T> read)
    {
        FrameNames before = Frame;
        Frame = frame;
        T result = read();
        Frame = before;
        return result;
    }

    internal static bool IsConstant(string name) => name is "true" or "false" or "none" or "True" or "False" or "None";

    /// <summary>Fails at the first filter or test that is not known and stands in no branch that may not be taken.</summary>
    internal void RequireKnownNames()
    {
        if (_unknown.Count > 0)
        {
            throw tokens.Fail(_unknown[0].Token, _unknown[0].Problem);
        }
    }

    /// <summary>Reads something in which a filter or test that is not known matters only where it is carried out.</summary>
    internal T Leniently<T>(Func<T> read) => With(true, read);

    /// <summary>Reads something in which it matters at once.</summary>
    internal T Strictly<T>(Func<T> read) => With(false, read);

    /// <summary>Begins to note which names are spoken of.</summary>
    internal HashSet<string> BeginNames()
    {
        _names.Push(new HashSet<string>(StringComparer.Ordinal));
        return _names.Peek();
    }

    /// <summary>Ends to, where whatever lies around spoke of them too.</summary>
    internal void EndNames()
    {
        HashSet<string> inner = _names.Pop();
        if (_names.TryPeek(out HashSet<string>? outer))
        {
            outer.UnionWith(inner);
        }
    }

    /// <summary>Reads an expression.</summary>
    internal TemplateExpression Read()
    {
        tokens.Enter();
        int known = _unknown.Count;
        TemplateExpression value = ReadOr();
        while (tokens.Current.IsName("if"))
        {
            int position = tokens.Next().Position;
            TemplateExpression condition = ReadOr();
            TemplateExpression? otherwise = tokens.SkipName("else") ? Read() : null;
            value = new ConditionalExpression(position, condition, value, otherwise);
            _unknown.RemoveRange(known, _unknown.Count - known);
        }

        tokens.Leave();
        return value;
    }

    /// <summary>Reads an expression, or several with commas between, which make a tuple.</summary>
    internal TemplateExpression ReadTuple(bool withCondition, string? end = null, bool mayBeEmpty = false)
    {
        int position = tokens.Current.Position;
        var items = new List<TemplateExpression>();
        bool several = false;
        while (!EndsTuple(end))
        {
            items.Add(withCondition ? Read() : ReadOr());
            if (!tokens.SkipOperator(","))
            {
                break;
            }

            several = true;
        }

        if (several)
        {
            return new SequenceExpression(position, items, isTuple: true);
        }

        return items.Count > 0 ? items[0]
            : mayBeEmpty ? new SequenceExpression(position, items, isTuple: true)
            : throw tokens.Fail(tokens.Current, $"An expression is expected here, and there is {tokens.Current.Described}");
    }

    /// <summary>Reads filters with their bars, or nothing.</summary>
    /// <param name="target">What they apply to; null for the text of a block.</param>
    /// <param name="begun">Whether the first stands without a bar.</param>
    internal FilterExpression? ReadFilters(TemplateExpression? target, bool begun)
    {
        FilterExpression? filter = null;
        while (begun || tokens.SkipOperator("|"))
        {
            begun = false;
            filter = ReadFilter(filter ?? target);
        }

        return filter;
    }

    private T With<T>(bool isLenient, Func<T> read)
    {
        bool before = _isLenient;
        _isLenient = isLenient;
        T result = read();
        _isLenient = before;
        return result;
    }

    private bool EndsTuple(string? end) => tokens.Current.Kind is TemplateTokenKind.PrintEnd or TemplateTokenKind.BlockEnd || tokens.Current.IsOperator(")") || (end is not null && tokens.Current.IsName(end));

    private TemplateExpression ReadOr() => ReadLogical("or", isAnd: false, () => ReadLogical("and", isAnd: true, ReadNot));

    private TemplateExpression ReadLogical(string word, bool isAnd, Func<TemplateExpression> readSide)
    {
        TemplateExpression first = readSide();
        if (!tokens.Current.IsName(word))
        {
            return first;
        }

        var sides = new List<TemplateExpression> { first };
        while (tokens.SkipName(word))
        {
            sides.Add(readSide());
        }

        return new LogicalExpression(first.Position, isAnd, sides);
    }

    private TemplateExpression ReadNot()
    {
        if (!tokens.Current.IsName("not"))
        {
            return ReadComparison();
        }

        tokens.Enter();
        int position = tokens.Next().Position;
        var inner = new NotExpression(position, ReadNot());
        tokens.Leave();
        return inner;
    }

    private TemplateExpression ReadComparison()
    {
        TemplateExpression first = ReadSum();
        var rest = new List<(string, TemplateExpression, int)>();
        while (true)
        {
            TemplateToken token = tokens.Current;
            if (token.Kind == TemplateTokenKind.Operator && Comparisons.Contains(token.Text))
            {
                tokens.Next();
                rest.Add((token.Text, ReadSum(), token.Position));
            }
            else if (tokens.SkipName("in"))
            {
                rest.Add(("in", ReadSum(), token.Position));
            }
            else if (token.IsName("not") && tokens.Following.IsName("in"))
            {
                tokens.Next();
                tokens.Next();
                rest.Add(("not in", ReadSum(), token.Position));
            }
            else
            {
                return rest.Count == 0 ? first : new ComparisonExpression(first, rest);
            }
        }
    }

    private TemplateExpression ReadSum() => ReadChain(["+", "-"], ReadJoin);

    private TemplateExpression ReadJoin()
    {
        TemplateExpression first = ReadProduct();
        if (!tokens.Current.IsOperator("~"))
        {
            return first;
        }

        var parts = new List<TemplateExpression> { first };
        while (tokens.SkipOperator("~"))
        {
            parts.Add(ReadProduct());
        }

        return new JoinExpression(parts);
    }

    private TemplateExpression ReadProduct() => ReadChain(["*", "/", "//", "%"], () => ReadChain(["**"], () => ReadUnary(withFilter: true)));

    private TemplateExpression ReadChain(string[] signs, Func<TemplateExpression> readSide)
    {
        TemplateExpression first = readSide();
        var rest = new List<(string, TemplateExpression, int)>();
        while (tokens.Current.Kind == TemplateTokenKind.Operator && signs.Contains(tokens.Current.Text))
        {
            TemplateToken sign = tokens.Next();
            rest.Add((sign.Text, readSide(), sign.Position));
        }

        return rest.Count == 0 ? first : new ChainExpression(first, rest);
    }

    private TemplateExpression ReadUnary(bool withFilter)
    {
        tokens.Enter();
        TemplateToken token = tokens.Current;
        TemplateExpression value = tokens.SkipOperator("-") ? new SignExpression(token.Position, minus: true, ReadUnary(withFilter: false))
            : tokens.SkipOperator("+") ? new SignExpression(token.Position, minus: false, ReadUnary(withFilter: false))
            : ReadPrimary();
        value = ReadPostfix(value);
        value = withFilter ? ReadFiltersAndTests(value) : value;
        tokens.Leave();
        return value;
    }

    private TemplateExpression ReadPrimary()
    {
        TemplateToken token = tokens.Next();
        switch (token.Kind)
        {
            case TemplateTokenKind.Name:
                return ReadNamed(token);
            case TemplateTokenKind.Text:
                return ReadText(token);
            case TemplateTokenKind.Integer or TemplateTokenKind.Float:
                return new ConstantExpression(token.Position, token.Number);
            case TemplateTokenKind.Operator when token.Text == "(":
                TemplateExpression inner = ReadTuple(withCondition: true, mayBeEmpty: true);
                tokens.ExpectOperator(")");
                return inner;
            case TemplateTokenKind.Operator when token.Text == "[":
                return new SequenceExpression(token.Position, ReadItems("]", Read), isTuple: false);
            case TemplateTokenKind.Operator when token.Text == "{":
                return new DictExpression(token.Position, ReadItems("}", ReadEntry));
            default:
                throw tokens.Fail(token, $"An expression is expected here, and there is {token.Described}");
        }
    }

    private TemplateExpression ReadNamed(TemplateToken token)
    {
        switch (token.Text)
        {
            case "true" or "True":
                return new ConstantExpression(token.Position, true);
            case "false" or "False":
                return new ConstantExpression(token.Position, false);
            case "none" or "None":
                return new ConstantExpression(token.Position, null);
        }

        if (_names.TryPeek(out HashSet<string>? names))
        {
            names.Add(token.Text);
        }

        Frame.Load(token.Text);
        return new NameExpression(token.Position, token.Text);
    }

    private ConstantExpression ReadText(TemplateToken token)
    {
        var parts = new List<string> { token.Text };
        while (tokens.Current.Kind == TemplateTokenKind.Text)
        {
            parts.Add(tokens.Next().Text);
        }

        return new ConstantExpression(token.Position, string.Concat(parts));
    }

    private List<T> ReadItems<T>(string close, Func<T> readItem)
    {
        var items = new List<T>();
        while (!tokens.Current.IsOperator(close))
        {
            if (items.Count > 0)
            {
                tokens.ExpectOperator(",");
            }

            if (tokens.Current.IsOperator(close))
            {
                break;
            }

            items.Add(readItem());
        }

        tokens.ExpectOperator(close);
        return items;
    }

    private (TemplateExpression Key, TemplateExpression Value) ReadEntry()
    {
        TemplateExpression key = Read();
        tokens.ExpectOperator(":");
        return (key, Read());
    }

    private TemplateExpression ReadPostfix(TemplateExpression value)
    {
        TemplateExpression result = value;
        while (true)
        {
            TemplateToken token = tokens.Current;
            if (tokens.SkipOperator("."))
            {
                result = ReadAttribute(result);
            }
            else if (tokens.SkipOperator("["))
            {
                result = ReadSubscript(result, token.Position);
            }
            else if (token.IsOperator("("))
            {
                result = new CallExpression(token.Position, result, ReadArguments());
            }
            else
            {
                return result;
            }
        }
    }

    private TemplateExpression ReadAttribute(TemplateExpression target)
    {
        TemplateToken name = tokens.Next();
        return name.Kind switch
        {
            TemplateTokenKind.Name => new AttributeExpression(name.Position, target, name.Text),
            TemplateTokenKind.Integer => new ItemExpression(name.Position, target, new ConstantExpression(name.Position, name.Number)),
            _ => throw tokens.Fail(name, $"A name or a number is expected behind '.', and there is {name.Described}"),
        };
    }

    private TemplateExpression ReadSubscript(TemplateExpression target, int position)
    {
        TemplateExpression? first = tokens.Current.IsOperator(":") ? null : Read();
        TemplateExpression result = first is null || tokens.Current.IsOperator(":") ? ReadSlice(target, position, first) : ReadItem(target, position, first);
        tokens.ExpectOperator("]");
        return result;
    }

    private ItemExpression ReadItem(TemplateExpression target, int position, TemplateExpression first)
    {
        var keys = new List<TemplateExpression> { first };
        while (tokens.SkipOperator(","))
        {
            keys.Add(Read());
        }

        return new ItemExpression(position, target, keys.Count == 1 ? first : new SequenceExpression(position, keys, isTuple: true));
    }

    private SliceExpression ReadSlice(TemplateExpression target, int position, TemplateExpression? start)
    {
        bool AtBound() => tokens.Current.IsOperator(":") || tokens.Current.IsOperator("]");
        tokens.ExpectOperator(":");
        TemplateExpression? stop = AtBound() ? null : Read();
        TemplateExpression? step = tokens.SkipOperator(":") && !AtBound() ? Read() : null;
        return new SliceExpression(position, target, start, stop, step);
    }

    private TemplateExpression ReadFiltersAndTests(TemplateExpression value)
    {
        TemplateExpression result = value;
        while (true)
        {
            TemplateToken token = tokens.Current;
            if (tokens.SkipOperator("|"))
            {
                result = ReadFilter(result);
            }
            else if (tokens.SkipName("is"))
            {
                result = ReadTest(result);
            }
            else if (token.IsOperator("("))
            {
                result = new CallExpression(token.Position, result, ReadArguments());
            }
            else
            {
                return result;
            }
        }
    }

    private FilterExpression ReadFilter(TemplateExpression? target)
    {
        (string name, TemplateToken token) = ReadDottedName();
        if (!JinjaFilters.Knows(name))
        {
            NoteUnknown(token, name, JinjaFilters.Unknown);
        }

        return new FilterExpression(token.Position, target, name, tokens.Current.IsOperator("(") ? ReadArguments() : ArgumentList.Empty);
    }

    private TemplateExpression ReadTest(TemplateExpression target)
    {
        bool isNegated = tokens.SkipName("not");
        (string name, TemplateToken token) = ReadDottedName();
        if (!JinjaTests.Knows(name))
        {
            NoteUnknown(token, name, JinjaTests.Unknown);
        }

        ArgumentList arguments = tokens.Current.IsOperator("(") ? ReadArguments() : ReadTestArgument();
        var test = new TestExpression(token.Position, target, name, arguments);
        return isNegated ? new NotExpression(token.Position, test) : test;
    }

    private ArgumentList ReadTestArgument()
    {
        TemplateToken token = tokens.Current;
        bool begins = token.Kind is TemplateTokenKind.Name or TemplateTokenKind.Text or TemplateTokenKind.Integer or TemplateTokenKind.Float || token.IsOperator("[") || token.IsOperator("{");
        if (!begins || token.IsName("else") || token.IsName("or") || token.IsName("and"))
        {
            return ArgumentList.Empty;
        }

        return token.IsName("is")
            ? throw tokens.Fail(token, "Tests cannot be chained: join them with 'and'")
            : new ArgumentList([ReadPostfix(ReadPrimary())], [], null, null);
    }

    private (string Name, TemplateToken Token) ReadDottedName()
    {
        TemplateToken token = tokens.Expect(TemplateTokenKind.Name);
        if (!tokens.Current.IsOperator("."))
        {
            return (token.Text, token);
        }

        var name = new StringBuilder(token.Text);
        while (tokens.SkipOperator("."))
        {
            name.Append('.').Append(tokens.Expect(TemplateTokenKind.Name).Text);
        }

        return (name.ToString(), token);
    }

    private ArgumentList ReadArguments()
    {
        var positional = new List<TemplateExpression>();
        var named = new List<(string, TemplateExpression)>();
        TemplateExpression? rest = null, namedRest = null;
        tokens.ExpectOperator("(");
        bool comma = false;
        while (!tokens.Current.IsOperator(")"))
        {
            if (comma)
            {
                tokens.ExpectOperator(",");
                if (tokens.Current.IsOperator(")"))
                {
                    break;
                }
            }

            comma = true;
            TemplateToken token = tokens.Current;
            if (tokens.SkipOperator("**"))
            {
                namedRest = namedRest is null ? Read() : throw tokens.Fail(token, "'**' may stand once in a call");
            }
            else if (namedRest is null && tokens.SkipOperator("*"))
            {
                rest = rest is null ? Read() : throw tokens.Fail(token, "'*' may stand once in a call");
            }
            else if (namedRest is null && token.Kind == TemplateTokenKind.Name && tokens.Following.IsOperator("="))
            {
                tokens.Next();
                tokens.Next();
                if (named.Exists(argument => argument.Item1 == token.Text))
                {
                    throw tokens.Fail(token, $"The argument '{Printable.Name(token.Text)}' is given twice");
                }

                named.Add((token.Text, Read()));
            }
            else if (named.Count == 0 && rest is null && namedRest is null)
            {
                positional.Add(Read());
            }
            else
            {
                throw tokens.Fail(token, "An argument without a name must stand before those with one");
            }
        }

        tokens.ExpectOperator(")");
        return new ArgumentList(positional, named, rest, namedRest);
    }

    private void NoteUnknown(TemplateToken token, string name, Func<string, TemplateFault> fault)
    {
        // The first is told.
        if (!_isLenient && _unknown.Count == 0)
        {
            _unknown.Add((token, fault(name).Message));
        }
    }
}
