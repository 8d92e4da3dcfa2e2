using System.Globalization;
using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Reads a pattern in Oniguruma's Ruby dialect over code points, in which tokenizer.json files write theirs.</summary>
internal sealed class PatternParser
{
    /// <summary>The deepest nesting of groups.</summary>
    private const int DeepestNesting = 250;

    private readonly int[] _pattern;
    private readonly Dictionary<string, List<int>> _names = new(StringComparer.Ordinal);
    private readonly bool _hasNames;
    private readonly int _groupsInAll;
    private Options _options;
    private int _at;
    private int _depth;

    private PatternParser(string pattern)
    {
        _pattern = CodePoints.Of(pattern);
        (_groupsInAll, _hasNames) = CountGroups();
    }

    /// <summary>How many groups have a number.</summary>
    internal int GroupCount { get; private set; }

    /// <summary>Reads a pattern.</summary>
    /// <exception cref="PatternSyntaxException">It is wrong, or of a kind that is not supported.</exception>
    internal static (PatternNode Root, int Groups) Parse(string pattern)
    {
        var parser = new PatternParser(pattern);
        PatternNode root = parser.ParseChoice();
        return parser._at == parser._pattern.Length
            ? (root, parser.GroupCount)
            : throw new PatternSyntaxException("a closing parenthesis has no opening one");
    }

    [Flags]
    private enum Options
    {
        None = 0,
        IgnoreCase = 1,
        Extended = 2,
        DotAll = 4,
        AsciiWord = 8,
        AsciiDigit = 16,
        AsciiSpace = 32,
        AsciiPosix = 64,
    }

    private bool Has(Options option) => (_options & option) != 0;

    private bool AtEnd => _at == _pattern.Length;

    private bool Next(char c)
    {
        if (_at < _pattern.Length && _pattern[_at] == c)
        {
            _at++;
            return true;
        }

        return false;
    }

    private bool NextIs(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (_at + i >= _pattern.Length || _pattern[_at + i] != text[i])
            {
                return false;
            }
        }

        _at += text.Length;
        return true;
    }

    private int Take(string what) => AtEnd ? throw new PatternSyntaxException($"it ends within {what}") : _pattern[_at++];

    /// <summary>Plain groups have numbers only where no group has a name.</summary>
    private (int Count, bool Named) CountGroups()
    {
        int plain = 0;
        int named = 0;
        bool inClass = false;
        for (int i = 0; i < _pattern.Length; i++)
        {
            if (_pattern[i] == '\\')
            {
                i++;
            }
            else if (_pattern[i] == '[')
            {
                inClass = true;
            }
            else if (_pattern[i] == ']')
            {
                inClass = false;
            }
            else if (_pattern[i] == '(' && !inClass)
            {
                if (i + 1 >= _pattern.Length || _pattern[i + 1] != '?')
                {
                    plain++;
                }
                else if (i + 3 < _pattern.Length && (_pattern[i + 2] == '\'' || (_pattern[i + 2] == '<' && _pattern[i + 3] is not ('=' or '!'))))
                {
                    named++;
                }
            }
        }

        return named > 0 ? (named, true) : (plain, false);
    }

    private PatternNode ParseChoice()
    {
        if (++_depth > DeepestNesting)
        {
            throw new PatternSyntaxException($"its groups are nested more than {DeepestNesting} deep");
        }

        Options before = _options;
        var choices = new List<PatternNode>();
        do
        {
            choices.Add(ParseSequence());
        }
        while (Next('|'));
        _options = before;
        _depth--;
        return PatternNode.Either(choices);
    }

    private PatternNode ParseSequence()
    {
        var parts = new List<PatternNode>();
        var literal = new List<int>();
        while (!AtEnd && _pattern[_at] is not ('|' or ')'))
        {
            if (Has(Options.Extended) && SkipComment())
            {
                continue;
            }

            int before = _at;
            int? character = ParseCharacter();
            PatternNode? part = character is null ? ParseAtom() : null;
            if (character is null && part is null)
            {
                continue;
            }

            if (character is { } c && Has(Options.IgnoreCase) && !QuantifierFollows())
            {
                literal.Add(c);
                continue;
            }

            FlushLiteral(literal, parts);
            parts.Add(ParseQuantifiers(part ?? Literal(character!.Value), before));
        }

        FlushLiteral(literal, parts);
        return PatternNode.Join(parts);
    }

    private bool SkipComment()
    {
        if (_pattern[_at] is ' ' or '\t' or '\n' or '\r' or '\f' or '\v')
        {
            _at++;
            return true;
        }

        if (_pattern[_at] != '#')
        {
            return false;
        }

        while (!AtEnd && _pattern[_at] != '\n')
        {
            _at++;
        }

        return true;
    }

    private static void FlushLiteral(List<int> literal, List<PatternNode> parts)
    {
        for (int i = 0; i < literal.Count;)
        {
            (PatternNode node, int length) = CaseInsensitive(literal, i);
            parts.Add(node);
            i += length;
        }

        literal.Clear();
    }

    private PatternNode Literal(int c) => Has(Options.IgnoreCase) ? CaseInsensitive([c], 0).Node : new SetNode(CodePointSet.Single(c));

    /// <summary>What is the same as the literal from a place on, where one character may be the same as several.</summary>
    private static (PatternNode Node, int Length) CaseInsensitive(List<int> literal, int at)
    {
        CaseFolds folds = UnicodeProperties.CaseFolds;
        int c = literal[at];
        PatternNode single = Same(c);
        if (folds.Sequence(c) is { } sequence)
        {
            return (new ChoiceNode([single, new SequenceNode([.. sequence.Select(Same)])]), 1);
        }

        foreach ((int[] folded, int[] members) in folds.Sequences.OrderByDescending(s => s.Folded.Length))
        {
            if (at + folded.Length <= literal.Count && folded.Index().All(f => folds.Same(literal[at + f.Index]).Contains(f.Item)))
            {
                PatternNode apart = new SequenceNode([.. Enumerable.Range(at, folded.Length).Select(i => Same(literal[i]))]);
                return (new ChoiceNode([apart, SetOf(members)]), folded.Length);
            }
        }

        return (single, 1);
    }

    private static SetNode Same(int c) => SetOf(UnicodeProperties.CaseFolds.Same(c));

    private static SetNode SetOf(IReadOnlyList<int> members)
    {
        var ranges = new CodePointRanges();
        ranges.AddEach(members);
        return new SetNode(CodePointSet.Of(ranges));
    }

    private bool QuantifierFollows()
    {
        if (AtEnd)
        {
            return false;
        }

        int at = _at;
        bool follows = _pattern[_at] is '*' or '+' or '?' || ParseInterval() is not null;
        _at = at;
        return follows;
    }

    private PatternNode ParseQuantifiers(PatternNode part, int before)
    {
        while (!AtEnd)
        {
            if (Has(Options.Extended) && SkipComment())
            {
                continue;
            }

            int from;
            int to;
            bool interval = false;
            switch (_pattern[_at])
            {
                case '*':
                    (from, to) = (0, int.MaxValue);
                    _at++;
                    break;
                case '+':
                    (from, to) = (1, int.MaxValue);
                    _at++;
                    break;
                case '?':
                    (from, to) = (0, 1);
                    _at++;
                    break;
                case '{' when ParseInterval() is { } bounds:
                    (from, to) = bounds;
                    interval = true;
                    break;
                default:
                    return part;
            }

            RepeatKind kind = RepeatKind.Greedy;
            if (interval)
            {
                // {n}? is no lazy form, and {n,m}+ no possessive one: both are one more quantifier.
                if (from != to && Next('?'))
                {
                    kind = RepeatKind.Lazy;
                }
            }
            else if (Next('?'))
            {
                kind = RepeatKind.Lazy;
            }
            else if (Next('+'))
            {
                kind = RepeatKind.Possessive;
            }

            part = new RepeatNode(part, from, to, kind);
            if (_at - before > 10_000)
            {
                throw new PatternSyntaxException("it has too many quantifiers in a row");
            }
        }

        return part;
    }

    /// <summary>Reads <c>{2}</c>, <c>{2,}</c>, <c>{,2}</c> or <c>{2,3}</c>; anything else in braces is text.</summary>
    private (int From, int To)? ParseInterval()
    {
        int at = _at;
        if (!Next('{'))
        {
            return null;
        }

        int? from = ParseNumber();
        bool comma = Next(',');
        int? to = comma ? ParseNumber() : from;
        if (!Next('}') || (from is null && to is null))
        {
            _at = at;
            return null;
        }

        if ((from ?? 0) > 100_000 || (to ?? 0) > 100_000)
        {
            throw new PatternSyntaxException("a repetition is more than 100000 times");
        }

        int least = from ?? 0;
        int most = to ?? int.MaxValue;
        return least <= most ? (least, most) : (most, least);
    }

    private int? ParseNumber()
    {
        int at = _at;
        int value = 0;
        while (!AtEnd && _pattern[_at] is >= '0' and <= '9')
        {
            value = Math.Min((value * 10) + _pattern[_at++] - '0', 10_000_000);
        }

        return _at > at ? value : null;
    }

    /// <summary>A character that stands for itself, escaped or not; null where something else stands.</summary>
    private int? ParseCharacter()
    {
        int c = _pattern[_at];
        switch (c)
        {
            case '*' or '+' or '?':
                throw new PatternSyntaxException("a quantifier has nothing to repeat");
            case '.' or '^' or '$' or '(' or '[':
                return null;
            case '\\':
                return ParseEscapedCharacter(inClass: false);
            default:
                _at++;
                return c;
        }
    }

    private int? ParseEscapedCharacter(bool inClass)
    {
        int at = _at;
        _at++;
        int c = Take("an escape");
        switch (c)
        {
            case 't':
                return '\t';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 'f':
                return '\f';
            case 'v':
                return '\v';
            case 'a':
                return '\a';
            case 'e':
                return 0x1B;
            case 'b' when inClass:
                return '\b';
            case 'x':
                return ParseHex();
            case 'u':
                return ParseDigits(4, 4, 16) ?? throw new PatternSyntaxException("\\u must be followed by four hexadecimal digits");
            case 'c':
                return ParseControl();
            case 'C' when Next('-'):
                return ParseControl();
            case 'C' or 'M':
                throw new PatternSyntaxException($"\\{(char)c} is not supported");
            case '0':
                return ParseDigits(0, 2, 8) ?? 0;
            case >= '1' and <= '9':
                _at--;
                return ParseOctal(at, inClass);
            case 'd' or 'D' or 'w' or 'W' or 's' or 'S' or 'h' or 'H' or 'p' or 'P':
                break;
            case 'R' or 'X' or 'N' or 'O' or 'A' or 'z' or 'Z' or 'b' or 'B' or 'G' or 'K' or 'k' or 'g' or 'y' or 'Y' when !inClass:
                break;
            default:
                return c;
        }

        _at = at;
        return null;
    }

    private int? ParseOctal(int at, bool inClass)
    {
        int start = _at;
        int number = ParseNumber()!.Value;
        if (!inClass && (number <= _groupsInAll || number <= 9) && !_hasNames)
        {
            _at = at;
            return null;
        }

        _at = start;
        if (_pattern[_at] is '8' or '9')
        {
            return _pattern[_at++];
        }

        return ParseDigits(1, 3, 8)!.Value & 0xFF;
    }

    private int ParseHex()
    {
        if (!Next('{'))
        {
            return ParseDigits(0, 2, 16) ?? 0;
        }

        int value = ParseDigits(1, 8, 16) ?? throw new PatternSyntaxException("\\x{ must be followed by hexadecimal digits");
        return Next('}') && value <= 0x10FFFF ? value : throw new PatternSyntaxException("\\x{...} must hold one code point of at most 10FFFF");
    }

    private int ParseControl()
    {
        int c = Take("a control character");
        if (c == '\\')
        {
            _at--;
            c = ParseEscapedCharacter(inClass: false) ?? throw new PatternSyntaxException("a control character is none");
        }

        return c == '?' ? 0x7F : c & 0x9F;
    }

    private int? ParseDigits(int least, int most, int radix)
    {
        long value = 0;
        int count = 0;
        while (count < most && !AtEnd && Digit(_pattern[_at], radix) is { } digit)
        {
            value = (value * radix) + digit;
            count++;
            _at++;
        }

        return count >= least && count > 0 ? (int)Math.Min(value, int.MaxValue) : null;
    }

    private static int? Digit(int c, int radix)
    {
        int value = c switch
        {
            >= '0' and <= '9' => c - '0',
            >= 'a' and <= 'f' => c - 'a' + 10,
            >= 'A' and <= 'F' => c - 'A' + 10,
            _ => int.MaxValue,
        };
        return value < radix ? value : null;
    }

    /// <summary>Something that is no single character; null where it takes nothing, such as options.</summary>
    private PatternNode? ParseAtom()
    {
        switch (_pattern[_at++])
        {
            case '.':
                return new SetNode(Has(Options.DotAll) ? CodePointSet.All : NoLineBreak);
            case '^':
                return new PlaceNode(PatternPlace.LineStart);
            case '$':
                return new PlaceNode(PatternPlace.LineEnd);
            case '[':
                return BracketNode(ParseClass());
            case '(':
                return ParseGroup();
            default:
                return ParseEscape();
        }
    }

    private static CodePointSet NoLineBreak { get; } = CodePointSet.Single('\n').Complement();

    private CodePointSet WordSet => Has(Options.AsciiWord) ? Ascii(PatternProperties.Word) : PatternProperties.Word;

    private CodePointSet DigitSet => Has(Options.AsciiDigit) ? Ascii(PatternProperties.Digit) : PatternProperties.Digit;

    private CodePointSet SpaceSet => Has(Options.AsciiSpace) ? Ascii(PatternProperties.Space) : PatternProperties.Space;

    private static CodePointSet Ascii(CodePointSet set) => set.Intersect(CodePointSet.Of(0, 0x7F));

    /// <summary>Outside of classes words hold the superscripts and fractions of Latin-1, too: so Oniguruma's own table has it.</summary>
    private CodePointSet BareWordSet => Has(Options.AsciiWord) ? WordSet : BareWord;

    private static CodePointSet BareWord { get; } = PatternProperties.Word.Union(CodePointSet.Of(0xB2, 0xB3, 0xB9, 0xB9, 0xBC, 0xBE));

    private PatternNode ParseEscape()
    {
        if (NextIs("w"))
        {
            return new SetNode(BareWordSet);
        }

        if (NextIs("W"))
        {
            return new SetNode(BareWordSet.Complement());
        }

        if (ParseSetEscape() is { } set)
        {
            return new SetNode(set);
        }

        int c = Take("an escape");
        return c switch
        {
            'R' => new AtomicNode(new ChoiceNode([
                new SequenceNode([new SetNode(CodePointSet.Single('\r')), new SetNode(CodePointSet.Single('\n'))]),
                new SetNode(CodePointSet.Of('\n', '\r', 0x85, 0x85, 0x2028, 0x2029))])),
            'X' => new GraphemeNode(),
            'N' => new SetNode(NoLineBreak),
            'O' => new SetNode(CodePointSet.All),
            'A' => new PlaceNode(PatternPlace.TextStart),
            'z' => new PlaceNode(PatternPlace.TextEnd),
            'Z' => new PlaceNode(PatternPlace.LastLineEnd),
            'b' => new PlaceNode(PatternPlace.WordBoundary, BareWordSet),
            'B' => new PlaceNode(PatternPlace.NoWordBoundary, BareWordSet),
            'y' => new PlaceNode(PatternPlace.GraphemeBoundary),
            'Y' => new PlaceNode(PatternPlace.NoGraphemeBoundary),
            'G' => new PlaceNode(PatternPlace.SearchStart),
            'K' => new PlaceNode(PatternPlace.Keep),
            'k' => ParseNamedReference(),
            'g' => throw new PatternSyntaxException("calls of groups (\\g) are not supported"),
            _ => ParseNumberedReference(),
        };
    }

    private BackReferenceNode ParseNumberedReference()
    {
        _at--;
        int number = ParseNumber() ?? throw new PatternSyntaxException("an escape is unknown");
        return number <= _groupsInAll ? new BackReferenceNode([number], Has(Options.IgnoreCase)) : throw new PatternSyntaxException($"there is no group {number} to refer to");
    }

    private BackReferenceNode ParseNamedReference()
    {
        int close = Take("a reference") switch
        {
            '<' => '>',
            '\'' => '\'',
            _ => throw new PatternSyntaxException("\\k must be followed by a name in angle brackets"),
        };
        string name = ParseName(close);
        if (_names.TryGetValue(name, out List<int>? numbers))
        {
            return new BackReferenceNode([.. numbers], Has(Options.IgnoreCase));
        }

        return int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 && number <= _groupsInAll && !_hasNames
            ? new BackReferenceNode([number], Has(Options.IgnoreCase))
            : throw new PatternSyntaxException($"there is no group \"{name}\" to refer to");
    }

    private string ParseName(int close)
    {
        var name = new StringBuilder();
        while (true)
        {
            int c = Take("a name");
            if (c == close)
            {
                return name.Length > 0 ? name.ToString() : throw new PatternSyntaxException("a group's name is empty");
            }

            name.Append(char.ConvertFromUtf32(c));
        }
    }

    /// <summary>Reads <c>\w</c>, <c>\p{...}</c> and their kin behind the backslash; null where something else stands.</summary>
    private CodePointSet? ParseSetEscape()
    {
        int c = Take("an escape");
        switch (c)
        {
            case 'd':
                return DigitSet;
            case 'D':
                return DigitSet.Complement();
            case 'w':
                return WordSet;
            case 'W':
                return WordSet.Complement();
            case 's':
                return SpaceSet;
            case 'S':
                return SpaceSet.Complement();
            case 'h':
                return PatternProperties.HexDigit;
            case 'H':
                return PatternProperties.HexDigit.Complement();
            case 'p' or 'P' when Next('{'):
                return ParseProperty(c == 'P');
            case 'p' or 'P':
                // Without braces it is the letter itself.
                return CodePointSet.Single(c);
            default:
                _at--;
                return null;
        }
    }

    private CodePointSet ParseProperty(bool negative)
    {
        bool inverted = Next('^');
        string name = ParseName('}');
        CodePointSet set = PatternProperties.Find(name) ?? throw new PatternSyntaxException($"there is no property \"{name}\"");
        return negative != inverted ? set.Complement() : set;
    }

    private PatternNode? ParseGroup()
    {
        if (!Next('?'))
        {
            if (_hasNames)
            {
                return Closed(ParseChoice());
            }

            int number = ++GroupCount;
            return new CaptureNode(number, Closed(ParseChoice()));
        }

        int c = Take("a group");
        switch (c)
        {
            case ':':
                return Closed(ParseChoice());
            case '=':
                return new LookNode(Closed(ParseChoice()), Behind: false, Negative: false);
            case '!':
                return new LookNode(Closed(ParseChoice()), Behind: false, Negative: true);
            case '>':
                return new AtomicNode(Closed(ParseChoice()));
            case '~':
                return !AtEnd && _pattern[_at] == '|' ? throw new PatternSyntaxException("this form of the absence operator is not supported") : new AbsentNode(Closed(ParseChoice()));
            case '#':
                while (Take("a comment") != ')')
                {
                }

                return null;
            case '<' when Next('='):
                return new LookNode(Closed(ParseChoice()), Behind: true, Negative: false);
            case '<' when Next('!'):
                return new LookNode(Closed(ParseChoice()), Behind: true, Negative: true);
            case '<':
                return ParseNamed('>');
            case '\'':
                return ParseNamed('\'');
            case '(':
                throw new PatternSyntaxException("conditions are not supported");
            default:
                _at--;
                return ParseOptions();
        }
    }

    private CaptureNode ParseNamed(int close)
    {
        string name = ParseName(close);
        if (!(char.IsLetter(name, 0) || name[0] == '_'))
        {
            throw new PatternSyntaxException($"\"{name}\" is no name of a group");
        }

        int number = ++GroupCount;
        if (!_names.TryGetValue(name, out List<int>? numbers))
        {
            _names[name] = numbers = [];
        }

        numbers.Add(number);
        return new CaptureNode(number, Closed(ParseChoice()));
    }

    private PatternNode Closed(PatternNode part) => Next(')') ? part : throw new PatternSyntaxException("a group is not closed");

    private PatternNode ParseOptions()
    {
        Options before = _options;
        bool on = true;
        while (true)
        {
            int c = Take("options");
            switch (c)
            {
                case '-':
                    on = false;
                    break;
                case ':':
                    PatternNode part = Closed(ParseChoice());
                    _options = before;
                    return part;
                case ')':
                    // Options without a group hold to the end of the group that they stand in, with all its choices.
                    PatternNode rest = ParseChoice();
                    _options = before;
                    return rest;
                default:
                    Options option = c switch
                    {
                        'i' => Options.IgnoreCase,
                        'x' => Options.Extended,
                        'm' => Options.DotAll,
                        'W' => Options.AsciiWord,
                        'D' => Options.AsciiDigit,
                        'S' => Options.AsciiSpace,
                        'P' when AtEnd || _pattern[_at] is not ('<' or '=' or '>') => Options.AsciiWord | Options.AsciiDigit | Options.AsciiSpace | Options.AsciiPosix,
                        _ => throw new PatternSyntaxException($"\"{char.ConvertFromUtf32(c)}\" is no option of a group"),
                    };
                    _options = on ? _options | option : _options & ~option;
                    break;
            }
        }
    }

    private PatternNode BracketNode((CodePointSet Set, bool Negative) bracket)
    {
        (CodePointSet set, bool negative) = bracket;
        if (!Has(Options.IgnoreCase))
        {
            return new SetNode(negative ? set.Complement() : set);
        }

        CaseFolds folds = UnicodeProperties.CaseFolds;
        CodePointSet closed = folds.Close(set);
        if (negative)
        {
            return new SetNode(closed.Complement());
        }

        PatternNode[] longer = [.. folds.SequencesIn(set).Select(sequence => (PatternNode)new SequenceNode([.. sequence.Select(Same)]))];
        return longer.Length == 0 ? new SetNode(closed) : new ChoiceNode([new SetNode(closed), .. longer]);
    }

    /// <summary>Reads a class behind its opening bracket.</summary>
    private (CodePointSet Set, bool Negative) ParseClass()
    {
        if (++_depth > DeepestNesting)
        {
            throw new PatternSyntaxException($"its classes are nested more than {DeepestNesting} deep");
        }

        bool negative = Next('^');
        CodePointSet? whole = null;
        var members = new CodePointRanges();
        CodePointSet sets = CodePointSet.Empty;
        bool first = true;
        while (true)
        {
            int c = AtEnd ? throw new PatternSyntaxException("a class is not closed") : _pattern[_at];
            if (c == ']' && !(first && ClosesLater()))
            {
                _at++;
                if (first && !HasMembers())
                {
                    throw new PatternSyntaxException("a class is empty");
                }

                break;
            }

            bool atFirst = first;
            first = false;
            if (c == '&' && _at + 1 < _pattern.Length && _pattern[_at + 1] == '&')
            {
                _at += 2;
                whole = Narrowed();
                members.Clear();
                sets = CodePointSet.Empty;
                continue;
            }

            if (c == '[' && ParsePosix() is { } posix)
            {
                sets = sets.Union(posix);
                continue;
            }

            if (c == '[')
            {
                _at++;
                (CodePointSet inner, bool innerNegative) = ParseClass();
                sets = sets.Union(innerNegative ? inner.Complement() : inner);
                continue;
            }

            if (ClassCharacter() is not { } from)
            {
                _at++;
                sets = sets.Union(ParseSetEscape() ?? throw new PatternSyntaxException("an escape in a class is unknown"));
                if (!AtEnd && _pattern[_at] == '-' && _at + 1 < _pattern.Length && _pattern[_at + 1] != ']')
                {
                    // A hyphen behind a set is a hyphen.
                    _at++;
                    members.Add('-', '-');
                }

                continue;
            }

            if (from == '-' && atFirst is false && members.Count == 0 && !AtEnd && _pattern[_at] == '-')
            {
                throw new PatternSyntaxException("a range in a class has no beginning");
            }

            if (!AtEnd && _pattern[_at] == '-' && _at + 1 < _pattern.Length && _pattern[_at + 1] != ']')
            {
                _at++;
                if (_pattern[_at] == '[')
                {
                    members.Add(from, from);
                    members.Add('-', '-');
                    continue;
                }

                int to = ClassCharacter() ?? throw new PatternSyntaxException("a set is at the end of a range in a class");
                members.Add(from, from <= to ? to : throw new PatternSyntaxException("a range in a class ends before it begins"));

                // What follows a range directly by a hyphen is a hyphen.
                if (!AtEnd && _pattern[_at] == '-' && _at + 1 < _pattern.Length && _pattern[_at + 1] != ']')
                {
                    _at++;
                    members.Add('-', '-');
                }

                continue;
            }

            members.Add(from, from);
        }

        _depth--;
        return (Narrowed(), negative);

        bool HasMembers() => members.Count > 0 || !sets.IsEmpty || whole is not null;

        CodePointSet Narrowed()
        {
            CodePointSet set = CodePointSet.Of(members).Union(sets);
            return whole is null ? set : whole.Intersect(set);
        }
    }

    /// <summary>Whether another bracket closes the class, so that the one right behind its beginning is a character.</summary>
    private bool ClosesLater()
    {
        for (int i = _at + 1; i < _pattern.Length; i++)
        {
            if (_pattern[i] == '\\')
            {
                i++;
            }
            else if (_pattern[i] == ']')
            {
                return true;
            }
        }

        return false;
    }

    private int? ClassCharacter()
    {
        if (_pattern[_at] == '\\')
        {
            return ParseEscapedCharacter(inClass: true);
        }

        return _pattern[_at++];
    }

    private CodePointSet? ParsePosix()
    {
        int at = _at;
        if (NextIs("[:"))
        {
            bool negative = Next('^');
            var name = new StringBuilder();
            while (!AtEnd && _pattern[_at] is >= 'a' and <= 'z' && name.Length < 20)
            {
                name.Append((char)_pattern[_at++]);
            }

            if (NextIs(":]") && PatternProperties.FindPosix(name.ToString()) is { } set)
            {
                set = Has(Options.AsciiPosix) ? Ascii(set) : set;
                return negative ? set.Complement() : set;
            }
        }

        _at = at;
        return null;
    }
}
