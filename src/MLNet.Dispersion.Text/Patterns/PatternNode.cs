namespace MLNet.Dispersion.Text;

/// <summary>A part of a parsed pattern.</summary>
internal abstract record PatternNode
{
    /// <summary>Nothing.</summary>
    internal static PatternNode Nothing { get; } = new SequenceNode([]);

    /// <summary>The fewest code points that it takes.</summary>
    internal abstract int Least { get; }

    /// <summary>The most code points that it takes; <see cref="int.MaxValue"/> where there is no end.</summary>
    internal abstract int Most { get; }

    /// <summary>The parts one after the other.</summary>
    internal static PatternNode Join(IReadOnlyList<PatternNode> parts) => parts.Count == 1 ? parts[0] : new SequenceNode(parts);

    /// <summary>One of the parts, the first that fits.</summary>
    internal static PatternNode Either(IReadOnlyList<PatternNode> parts) => parts.Count == 1 ? parts[0] : new ChoiceNode(parts);

    private protected static int Add(int a, int b) => a == int.MaxValue || b == int.MaxValue ? int.MaxValue : (int)Math.Min((long)a + b, int.MaxValue);

    private protected static int Multiply(int a, int b) => a == 0 || b == 0 ? 0 : a == int.MaxValue || b == int.MaxValue ? int.MaxValue : (int)Math.Min((long)a * b, int.MaxValue);

    /// <summary>The sum of what the parts take at least and at most.</summary>
    private protected static int Sum(IEnumerable<int> parts) => parts.Aggregate(0, Add);
}

/// <summary>One code point of a set.</summary>
internal sealed record SetNode(CodePointSet Set) : PatternNode
{
    internal override int Least => 1;

    internal override int Most => 1;
}

/// <summary>Parts one after the other.</summary>
internal sealed record SequenceNode(IReadOnlyList<PatternNode> Parts) : PatternNode
{
    internal override int Least => Sum(Parts.Select(p => p.Least));

    internal override int Most => Sum(Parts.Select(p => p.Most));
}

/// <summary>One of several.</summary>
internal sealed record ChoiceNode(IReadOnlyList<PatternNode> Parts) : PatternNode
{
    internal override int Least => Parts.Min(p => p.Least);

    internal override int Most => Parts.Max(p => p.Most);
}

/// <summary>A part several times.</summary>
internal sealed record RepeatNode(PatternNode Part, int From, int To, RepeatKind Kind) : PatternNode
{
    internal override int Least => Multiply(Part.Least, From);

    internal override int Most => Multiply(Part.Most, To);
}

/// <summary>How a repetition tries its counts.</summary>
internal enum RepeatKind
{
    /// <summary>The most first.</summary>
    Greedy,

    /// <summary>The fewest first.</summary>
    Lazy,

    /// <summary>The most, and no other.</summary>
    Possessive,
}

/// <summary>A group whose text can be referred to.</summary>
internal sealed record CaptureNode(int Number, PatternNode Part) : PatternNode
{
    internal override int Least => Part.Least;

    internal override int Most => Part.Most;
}

/// <summary>A part that is not tried another way once it fits.</summary>
internal sealed record AtomicNode(PatternNode Part) : PatternNode
{
    internal override int Least => Part.Least;

    internal override int Most => Part.Most;
}

/// <summary>A part that must, or must not, stand before or behind.</summary>
internal sealed record LookNode(PatternNode Part, bool Behind, bool Negative) : PatternNode
{
    internal override int Least => 0;

    internal override int Most => 0;
}

/// <summary>The longest stretch in which a part does not stand.</summary>
internal sealed record AbsentNode(PatternNode Part) : PatternNode
{
    internal override int Least => 0;

    internal override int Most => int.MaxValue;
}

/// <summary>The text of a group again.</summary>
internal sealed record BackReferenceNode(IReadOnlyList<int> Numbers, bool IgnoreCase) : PatternNode
{
    internal override int Least => 0;

    internal override int Most => int.MaxValue;
}

/// <summary>A user-perceived character (<c>\X</c>).</summary>
internal sealed record GraphemeNode : PatternNode
{
    internal override int Least => 1;

    internal override int Most => int.MaxValue;
}

/// <summary>A place.</summary>
internal sealed record PlaceNode(PatternPlace Place, CodePointSet? Word = null) : PatternNode
{
    internal override int Least => 0;

    internal override int Most => 0;
}

/// <summary>Places that a pattern can name.</summary>
internal enum PatternPlace
{
    /// <summary>The beginning of a line.</summary>
    LineStart,

    /// <summary>The end of a line.</summary>
    LineEnd,

    /// <summary>The beginning of the text.</summary>
    TextStart,

    /// <summary>The end of the text.</summary>
    TextEnd,

    /// <summary>The end of the text, or before the line break that ends it.</summary>
    LastLineEnd,

    /// <summary>Where the search began.</summary>
    SearchStart,

    /// <summary>Between a word and what is none.</summary>
    WordBoundary,

    /// <summary>Within a word or outside of all.</summary>
    NoWordBoundary,

    /// <summary>Between user-perceived characters.</summary>
    GraphemeBoundary,

    /// <summary>Within a user-perceived character.</summary>
    NoGraphemeBoundary,

    /// <summary>Where the match shall begin, whatever was taken before.</summary>
    Keep,
}
