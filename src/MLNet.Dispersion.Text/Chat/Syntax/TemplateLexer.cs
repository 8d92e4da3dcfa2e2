using System.Globalization;
using System.Numerics;
using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Cuts a template into tokens, with the control of white space that chat templates are written for: trim_blocks and lstrip_blocks are on, one line break at the very end is dropped, every line break is <c>\n</c>.</summary>
internal sealed class TemplateLexer
{
    private static readonly string[] Operators =
    [
        "//", "**", "==", "!=", "<=", ">=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";",
    ];

    private readonly string _source;
    private readonly ChatTemplateLimits _limits;
    private readonly List<TemplateToken> _tokens = [];
    private int _position;
    private bool _atLineStart = true;

    private TemplateLexer(string source, ChatTemplateLimits limits)
    {
        _source = source;
        _limits = limits;
    }

    /// <summary>The source as it is read: line breaks made one, the last dropped.</summary>
    internal static string Normalized(string source)
    {
        string text = source.Contains('\r', StringComparison.Ordinal) ? source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n') : source;
        return text.EndsWith('\n') ? text[..^1] : text;
    }

    /// <summary>The tokens of a normalized source.</summary>
    internal static List<TemplateToken> Tokens(string source, ChatTemplateLimits limits)
    {
        var lexer = new TemplateLexer(source, limits);
        lexer.ReadAll();
        return lexer._tokens;
    }

    private void ReadAll()
    {
        while (_position < _source.Length)
        {
            int tag = NextTag(_position);
            if (tag < 0)
            {
                AddData(_position, _source.Length);
                _position = _source.Length;
                break;
            }

            ReadTag(tag);
        }

        _tokens.Add(new TemplateToken(TemplateTokenKind.End, "", _source.Length));
    }

    private int NextTag(int from)
    {
        for (int i = _source.IndexOf('{', from); i >= 0 && i + 1 < _source.Length; i = _source.IndexOf('{', i + 1))
        {
            if (_source[i + 1] is '{' or '%' or '#')
            {
                return i;
            }
        }

        return -1;
    }

    private void ReadTag(int tag)
    {
        char kind = _source[tag + 1];
        int next = tag + 2;
        char sign = next < _source.Length && _source[next] is '-' or '+' ? _source[next++] : ' ';
        AddText(tag, sign, leading: kind != '{');
        _position = next;
        switch (kind)
        {
            case '#':
                ReadComment(tag);
                break;
            case '{':
                _tokens.Add(new TemplateToken(TemplateTokenKind.PrintBegin, "{{", tag));
                ReadExpression(TemplateTokenKind.PrintEnd, tag);
                break;
            default:
                if (!ReadRaw(tag))
                {
                    _tokens.Add(new TemplateToken(TemplateTokenKind.BlockBegin, "{%", tag));
                    ReadExpression(TemplateTokenKind.BlockEnd, tag);
                }

                break;
        }
    }

    /// <summary>The text before a tag, stripped as the tag's sign and lstrip_blocks want it.</summary>
    private void AddText(int end, char sign, bool leading)
    {
        int stop = end;
        if (sign == '-')
        {
            while (stop > _position && PythonText.IsSpace(_source[stop - 1]))
            {
                stop--;
            }
        }
        else if (sign != '+' && leading)
        {
            int line = _source.AsSpan(_position, end - _position).LastIndexOf('\n') + 1;
            if ((line > 0 || _atLineStart) && IsBlank(_position + line, end))
            {
                stop = _position + line;
            }
        }

        AddData(_position, stop);
    }

    private bool IsBlank(int begin, int end)
    {
        for (int i = begin; i < end; i++)
        {
            if (!PythonText.IsSpace(_source[i]))
            {
                return false;
            }
        }

        return true;
    }

    private void AddData(int begin, int end)
    {
        if (end > begin)
        {
            _tokens.Add(new TemplateToken(TemplateTokenKind.Data, _source[begin..end], begin));
        }
    }

    private void ReadComment(int tag)
    {
        int end = _source.IndexOf("#}", _position, StringComparison.Ordinal);
        if (end < 0)
        {
            throw Fail(tag, "This comment is not closed: '#}' is missing");
        }

        char sign = end > _position && _source[end - 1] is '-' or '+' ? _source[end - 1] : ' ';
        EndTag(end + 2, sign, trim: true);
    }

    /// <summary>Goes behind the end of a tag, and over what its sign or trim_blocks take away.</summary>
    private void EndTag(int behind, char sign, bool trim)
    {
        _position = behind;
        if (sign == '-')
        {
            while (_position < _source.Length && PythonText.IsSpace(_source[_position]))
            {
                _position++;
            }
        }
        else if (trim && sign != '+' && _position < _source.Length && _source[_position] == '\n')
        {
            _position++;
        }

        _atLineStart = _source[_position - 1] == '\n';
    }

    /// <summary>Reads <c>{% raw %}</c> to <c>{% endraw %}</c>; false where this tag is another.</summary>
    private bool ReadRaw(int tag)
    {
        int at = SkipSpace(_position);
        if (!Word(at, "raw"))
        {
            return false;
        }

        at = SkipSpace(at + 3);
        char sign = At(at) == '-' ? '-' : ' ';
        at += sign == '-' ? 1 : 0;
        if (!(At(at) == '%' && At(at + 1) == '}'))
        {
            return false;
        }

        EndTag(at + 2, sign, trim: false);
        for (int i = _source.IndexOf("{%", _position, StringComparison.Ordinal); i >= 0; i = _source.IndexOf("{%", i + 2, StringComparison.Ordinal))
        {
            int inner = i + 2;
            char begin = At(inner) is '-' or '+' ? _source[inner++] : ' ';
            inner = SkipSpace(inner);
            if (!Word(inner, "endraw"))
            {
                continue;
            }

            inner = SkipSpace(inner + 6);
            char end = At(inner) is '-' or '+' ? _source[inner++] : ' ';
            if (At(inner) == '%' && At(inner + 1) == '}')
            {
                AddText(i, begin, leading: true);
                EndTag(inner + 2, end, trim: true);
                return true;
            }
        }

        throw Fail(tag, "This raw block is not closed: '{% endraw %}' is missing");
    }

    private char At(int i) => i < _source.Length ? _source[i] : '\0';

    private bool Word(int at, string word) => string.CompareOrdinal(_source, at, word, 0, word.Length) == 0;

    private int SkipSpace(int at)
    {
        while (at < _source.Length && PythonText.IsSpace(_source[at]))
        {
            at++;
        }

        return at;
    }

    private void ReadExpression(TemplateTokenKind end, int tag)
    {
        string mark = end == TemplateTokenKind.BlockEnd ? "%}" : "}}";
        var open = new Stack<char>();
        while (true)
        {
            _position = SkipSpace(_position);
            if (_position >= _source.Length)
            {
                throw Fail(tag, $"This tag is not closed: '{mark}' is missing");
            }

            if (open.Count == 0 && TryEnd(end, mark))
            {
                return;
            }

            ReadToken(open);
        }
    }

    private bool TryEnd(TemplateTokenKind end, string mark)
    {
        char sign = At(_position) is '-' or '+' ? _source[_position] : ' ';
        int at = _position + (sign == ' ' ? 0 : 1);
        bool block = end == TemplateTokenKind.BlockEnd;
        if (!Word(at, mark) || (sign == '+' && !block))
        {
            return false;
        }

        _tokens.Add(new TemplateToken(end, mark, _position));
        EndTag(at + 2, sign, trim: block);
        return true;
    }

    private void ReadToken(Stack<char> open)
    {
        char c = _source[_position];
        if (c is '\'' or '"')
        {
            ReadText(c);
        }
        else if (char.IsAsciiDigit(c))
        {
            ReadNumber();
        }
        else if (c == '_' || char.IsLetter(c) || char.IsSurrogate(c))
        {
            ReadName();
        }
        else
        {
            ReadOperator(open);
        }
    }

    private void ReadName()
    {
        int begin = _position;
        while (_position < _source.Length && Rune.TryGetRuneAt(_source, _position, out Rune rune)
            && (rune.Value == '_' || Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark))
        {
            _position += rune.Utf16SequenceLength;
        }

        if (_position == begin)
        {
            throw Fail(begin, $"'{Printable.Name(_source.Substring(begin, 1))}' is no part of the template language");
        }

        _tokens.Add(new TemplateToken(TemplateTokenKind.Name, _source[begin.._position], begin));
    }

    private void ReadText(char quote)
    {
        int begin = _position++;
        while (true)
        {
            int at = _source.AsSpan(_position).IndexOfAny(quote, '\\');
            if (at < 0 || _position + at + (_source[_position + at] == '\\' ? 1 : 0) >= _source.Length)
            {
                throw Fail(begin, $"This quoted text is not closed: {quote} is missing");
            }

            _position += at + 1;
            if (_source[_position - 1] == quote)
            {
                break;
            }

            _position++;
        }

        string text = Guarded(begin, () => TextLiteral.Unescape(_source.AsSpan(begin + 1, _position - begin - 2)));
        _tokens.Add(new TemplateToken(TemplateTokenKind.Text, text, begin));
    }

    private void ReadNumber()
    {
        int begin = _position;
        int radix = At(begin) == '0' ? char.ToLowerInvariant(At(begin + 1)) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 10 } : 10;
        if (radix != 10)
        {
            int end = Digits(begin + 2, c => char.IsAsciiHexDigit(c) && Convert.ToInt32(c.ToString(), 16) < radix, leadingUnderscore: true);
            if (end > begin + 2)
            {
                AddInteger(begin, end, radix);
                return;
            }
        }

        int whole = Digits(begin, char.IsAsciiDigit, leadingUnderscore: false);
        int at = whole;
        if (begin == 0 || _source[begin - 1] != '.')
        {
            at = Fraction(at);
            at = Exponent(at);
        }

        if (at > whole)
        {
            double value = double.Parse(_source[begin..at].Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture);
            _tokens.Add(new TemplateToken(TemplateTokenKind.Float, _source[begin..at], begin, value));
            _position = at;
            return;
        }

        // A number other than 0 begins with no 0.
        int stop = whole;
        if (At(begin) == '0')
        {
            stop = Digits(begin, c => c == '0', leadingUnderscore: false);
        }

        AddInteger(begin, stop, 10);
    }

    private int Fraction(int at)
    {
        int end = At(at) == '.' ? Digits(at + 1, char.IsAsciiDigit, leadingUnderscore: false) : at;
        return end > at + 1 ? end : at;
    }

    private int Exponent(int at)
    {
        if (At(at) is not ('e' or 'E'))
        {
            return at;
        }

        int digits = at + (At(at + 1) is '+' or '-' ? 2 : 1);
        int end = Digits(digits, char.IsAsciiDigit, leadingUnderscore: false);
        return end > digits ? end : at;
    }

    /// <summary>The end of digits, with single underscores between them.</summary>
    private int Digits(int at, Func<char, bool> isDigit, bool leadingUnderscore)
    {
        int end = at;
        bool any = leadingUnderscore;
        while (true)
        {
            if (isDigit(At(end)))
            {
                end++;
            }
            else if (any && At(end) == '_' && isDigit(At(end + 1)))
            {
                end += 2;
            }
            else
            {
                return end;
            }

            any = true;
        }
    }

    private void AddInteger(int begin, int end, int radix)
    {
        string digits = _source[begin..end].Replace("_", "", StringComparison.Ordinal);
        if (digits.Length > _limits.MaxIntegerBits)
        {
            throw TemplateFault.Limit(nameof(ChatTemplateLimits.MaxIntegerBits), _limits.MaxIntegerBits, "This whole number is too large").At(_source, begin);
        }

        BigInteger value = JinjaNumber.ParseDigits(radix == 10 ? digits : digits[2..], radix);
        _tokens.Add(new TemplateToken(TemplateTokenKind.Integer, digits, begin, value));
        _position = end;
    }

    private void ReadOperator(Stack<char> open)
    {
        string? sign = Array.Find(Operators, sign => Word(_position, sign))
            ?? throw Fail(_position, $"'{Printable.Name(_source.Substring(_position, 1))}' is no part of the template language");
        switch (sign)
        {
            case "(" or "[" or "{":
                open.Push(sign[0] switch { '(' => ')', '[' => ']', _ => '}' });
                break;
            case ")" or "]" or "}":
                if (open.Count == 0 || open.Pop() != sign[0])
                {
                    throw Fail(_position, $"This '{sign}' closes nothing that is open");
                }

                break;
        }

        _tokens.Add(new TemplateToken(TemplateTokenKind.Operator, sign, _position));
        _position += sign.Length;
    }

    private T Guarded<T>(int position, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (TemplateFault fault)
        {
            throw fault.At(_source, position);
        }
    }

    private ChatTemplateException Fail(int position, string problem) => TemplateFault.Error(problem + ".").At(_source, position);
}
