namespace MLNet.Dispersion.Text;

/// <summary>What a step of a compiled pattern does.</summary>
internal enum PatternOp
{
    /// <summary>The pattern fits.</summary>
    Match,

    /// <summary>Takes one UTF-16 unit: A.</summary>
    Unit,

    /// <summary>Takes one code point of the set.</summary>
    Set,

    /// <summary>Takes A to B code points of the set, the most first.</summary>
    SetGreedy,

    /// <summary>Takes A to B code points of the set, the fewest first.</summary>
    SetLazy,

    /// <summary>Takes as many code points of the set as there are, from A to B.</summary>
    SetPossessive,

    /// <summary>Goes on at A, and at B where that does not fit.</summary>
    Split,

    /// <summary>Goes on behind, and at A where that does not fit; at A at once where the next code point is not in the set.</summary>
    Try,

    /// <summary>Goes on at A.</summary>
    Jump,

    /// <summary>Notes the place in slot A.</summary>
    Save,

    /// <summary>Fails where slot A holds this place already: a round of a loop that took nothing.</summary>
    FailIfSame,

    /// <summary>A group that is not tried otherwise: from behind to A.</summary>
    Atomic,

    /// <summary>What stands before or behind: from behind to A, B = 1 negative.</summary>
    LookAhead,

    /// <summary>What stands before: from behind to A, B = 1 negative; Extra says how far back at least and most.</summary>
    LookBehind,

    /// <summary>The longest stretch without the part from behind to A.</summary>
    Absent,

    /// <summary>The text of group A again; B = 1 without regard to case.</summary>
    BackReference,

    /// <summary>A user-perceived character.</summary>
    Grapheme,

    /// <summary>A place: A.</summary>
    Place,

    /// <summary>The end of a part; what A steps lie before.</summary>
    EndOfPart,
}

/// <summary>A step of a compiled pattern.</summary>
internal readonly record struct PatternStep(PatternOp Op, int A = 0, int B = 0, CodePointSet? Set = null, (int Least, int Most) Reach = default, int[]? Groups = null);

/// <summary>Makes the steps of a parsed pattern.</summary>
internal sealed class PatternCompiler
{
    private const int MostSteps = 50_000;
    private PatternStep[] _steps = new PatternStep[32];
    private int _count;
    private int _slots;

    private PatternCompiler(int groups) => _slots = 2 * (groups + 1);

    /// <summary>Makes the steps.</summary>
    /// <exception cref="PatternSyntaxException">There are too many.</exception>
    internal static (PatternStep[] Steps, int Slots) Compile(PatternNode root, int groups)
    {
        var compiler = new PatternCompiler(groups);
        compiler.Emit(root, follow: null);
        compiler.Add(new PatternStep(PatternOp.Match));
        Array.Resize(ref compiler._steps, compiler._count);
        return (compiler._steps, compiler._slots);
    }

    /// <summary>The code points that what a node takes may begin with; null where it may take nothing, or anything.</summary>
    internal static CodePointSet? FirstOf(PatternNode node)
    {
        switch (node)
        {
            case SetNode set:
                return set.Set;
            case SequenceNode sequence:
                CodePointSet? sum = CodePointSet.Empty;
                foreach (PatternNode part in sequence.Parts)
                {
                    if (IsPlace(part))
                    {
                        continue;
                    }

                    if (part is RepeatNode { From: 0 } optional)
                    {
                        // What may be there, and else what follows.
                        if (FirstOf(optional.Part) is not { } may)
                        {
                            return null;
                        }

                        sum = sum.Union(may);
                        continue;
                    }

                    return FirstOf(part) is { } first ? sum.Union(first) : null;
                }

                return null;
            case ChoiceNode choice:
                CodePointSet all = CodePointSet.Empty;
                foreach (PatternNode part in choice.Parts)
                {
                    if (FirstOf(part) is not { } first)
                    {
                        return null;
                    }

                    all = all.Union(first);
                }

                return all;
            case RepeatNode { From: > 0 } repeat:
                return FirstOf(repeat.Part);
            case CaptureNode capture:
                return FirstOf(capture.Part);
            case AtomicNode atomic:
                return FirstOf(atomic.Part);
            default:
                return null;
        }
    }

    private static bool IsPlace(PatternNode node) => node is LookNode or PlaceNode { Place: not PatternPlace.Keep } || (node is SequenceNode { Parts.Count: 0 });

    private int Add(PatternStep step)
    {
        if (_count >= MostSteps)
        {
            throw new PatternSyntaxException("it is too large once its repetitions are written out");
        }

        if (_count == _steps.Length)
        {
            Array.Resize(ref _steps, 2 * _count);
        }

        _steps[_count] = step;
        return _count++;
    }

    private void Emit(PatternNode node, CodePointSet? follow)
    {
        switch (node)
        {
            case SetNode set:
                EmitSet(set.Set);
                break;
            case SequenceNode sequence:
                for (int i = 0; i < sequence.Parts.Count; i++)
                {
                    Emit(sequence.Parts[i], i + 1 < sequence.Parts.Count ? FirstOf(new SequenceNode([.. sequence.Parts.Skip(i + 1)])) : follow);
                }

                break;
            case ChoiceNode choice:
                EmitChoice(choice, follow);
                break;
            case RepeatNode repeat:
                EmitRepeat(repeat, follow);
                break;
            case CaptureNode capture:
                Add(new PatternStep(PatternOp.Save, 2 * capture.Number));
                Emit(capture.Part, follow: null);
                Add(new PatternStep(PatternOp.Save, (2 * capture.Number) + 1));
                break;
            case AtomicNode atomic:
                EmitPart(new PatternStep(PatternOp.Atomic), atomic.Part);
                break;
            case LookNode look:
                EmitPart(
                    new PatternStep(look.Behind ? PatternOp.LookBehind : PatternOp.LookAhead, B: look.Negative ? 1 : 0, Reach: look.Behind ? (look.Part.Least, look.Part.Most) : default),
                    look.Part);
                break;
            case AbsentNode absent:
                EmitPart(new PatternStep(PatternOp.Absent), absent.Part);
                break;
            case BackReferenceNode reference:
                Add(new PatternStep(PatternOp.BackReference, B: reference.IgnoreCase ? 1 : 0, Groups: [.. reference.Numbers]));
                break;
            case GraphemeNode:
                Add(new PatternStep(PatternOp.Grapheme));
                break;
            case PlaceNode { Place: PatternPlace.Keep }:
                Add(new PatternStep(PatternOp.Save, 0));
                break;
            case PlaceNode place:
                Add(new PatternStep(PatternOp.Place, (int)place.Place, Set: place.Word));
                break;
            default:
                throw new InvalidOperationException($"No step for {node.GetType().Name}.");
        }
    }

    private void EmitSet(CodePointSet set)
    {
        ReadOnlySpan<int> bounds = set.Bounds;
        bool one = bounds.Length == 2 && bounds[0] == bounds[1] && bounds[0] < 0x10000;
        Add(one ? new PatternStep(PatternOp.Unit, bounds[0]) : new PatternStep(PatternOp.Set, Set: set));
    }

    private void EmitChoice(ChoiceNode choice, CodePointSet? follow)
    {
        var ends = new List<int>();
        for (int i = 0; i < choice.Parts.Count; i++)
        {
            bool last = i + 1 == choice.Parts.Count;
            CodePointSet? first = FirstOf(choice.Parts[i]);
            int split = last ? -1 : Add(default);
            Emit(choice.Parts[i], follow);
            if (!last)
            {
                ends.Add(Add(default));
                _steps[split] = first is null ? new PatternStep(PatternOp.Split, split + 1, _count) : new PatternStep(PatternOp.Try, _count, Set: first);
            }
        }

        ends.ForEach(end => _steps[end] = new PatternStep(PatternOp.Jump, _count));
    }

    private void EmitRepeat(RepeatNode repeat, CodePointSet? follow)
    {
        PatternNode part = repeat.Part;
        if (repeat.To == 0)
        {
            return;
        }

        if (part is SetNode set)
        {
            bool decided = repeat.Kind == RepeatKind.Possessive || (repeat.Kind == RepeatKind.Greedy && (repeat.From == repeat.To || (follow is not null && follow.IsDisjoint(set.Set))));
            PatternOp op = decided ? PatternOp.SetPossessive : repeat.Kind == RepeatKind.Greedy ? PatternOp.SetGreedy : PatternOp.SetLazy;
            Add(new PatternStep(op, repeat.From, repeat.To, set.Set));
            return;
        }

        if (repeat.Kind == RepeatKind.Possessive)
        {
            EmitPart(new PatternStep(PatternOp.Atomic), repeat with { Kind = RepeatKind.Greedy });
            return;
        }

        bool lazy = repeat.Kind == RepeatKind.Lazy;
        for (int i = 0; i < repeat.From; i++)
        {
            Emit(part, follow: null);
        }

        if (repeat.To == int.MaxValue)
        {
            EmitLoop(part, lazy);
            return;
        }

        var splits = new List<int>();
        for (int i = repeat.From; i < repeat.To; i++)
        {
            splits.Add(Add(default));
            Emit(part, follow: null);
        }

        splits.ForEach(split => _steps[split] = lazy ? new PatternStep(PatternOp.Split, _count, split + 1) : new PatternStep(PatternOp.Split, split + 1, _count));
    }

    private void EmitLoop(PatternNode part, bool lazy)
    {
        int split = Add(default);
        bool mayBeEmpty = part.Least == 0;
        int slot = mayBeEmpty ? _slots++ : 0;
        if (mayBeEmpty)
        {
            Add(new PatternStep(PatternOp.Save, slot));
        }

        Emit(part, follow: null);
        if (mayBeEmpty)
        {
            Add(new PatternStep(PatternOp.FailIfSame, slot));
        }

        Add(new PatternStep(PatternOp.Jump, split));
        _steps[split] = lazy ? new PatternStep(PatternOp.Split, _count, split + 1) : new PatternStep(PatternOp.Split, split + 1, _count);
    }

    private void EmitPart(PatternStep head, PatternNode part)
    {
        int at = Add(default);
        Emit(part, follow: null);
        Add(new PatternStep(PatternOp.EndOfPart));
        _steps[at] = head with { A = _count };
    }
}
