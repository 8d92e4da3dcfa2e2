using System.Numerics;

namespace MLNet.Dispersion.Text;

/// <summary>What a token of a template is.</summary>
internal enum TemplateTokenKind
{
    /// <summary>Text outside of tags.</summary>
    Data,

    /// <summary><c>{%</c>.</summary>
    BlockBegin,

    /// <summary><c>%}</c>.</summary>
    BlockEnd,

    /// <summary><c>{{</c>.</summary>
    PrintBegin,

    /// <summary><c>}}</c>.</summary>
    PrintEnd,

    /// <summary>A name or a word of the language.</summary>
    Name,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A number with a fraction or an exponent.</summary>
    Float,

    /// <summary>A quoted text, its escapes resolved.</summary>
    Text,

    /// <summary>A sign.</summary>
    Operator,

    /// <summary>The end of the template.</summary>
    End,
}

/// <summary>A token of a template.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its text: of data and quoted texts the content.</param>
/// <param name="Position">Where it begins in the source.</param>
/// <param name="Number">The value of a number: <see cref="BigInteger"/> or double.</param>
internal sealed record TemplateToken(TemplateTokenKind Kind, string Text, int Position, object? Number = null)
{
    internal bool IsName(string name) => Kind == TemplateTokenKind.Name && Text == name;

    internal bool IsOperator(string sign) => Kind == TemplateTokenKind.Operator && Text == sign;

    /// <summary>What messages call it.</summary>
    internal string Described => Kind switch
    {
        TemplateTokenKind.BlockEnd => "the end of the block tag (%})",
        TemplateTokenKind.PrintEnd => "the end of the expression (}})",
        TemplateTokenKind.End => "the end of the template",
        TemplateTokenKind.Text => "a quoted text",
        TemplateTokenKind.Data => "text",
        _ => $"'{Printable.Name(Text)}'",
    };
}
