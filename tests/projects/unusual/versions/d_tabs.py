"""tabs"""
revision	=	"aa04"	# a comment
down_revision:	str =	(
	"aa03",
)


def upgrade():
    pass


def downgrade():
    pass
